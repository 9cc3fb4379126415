# frozen_string_literal: true

module Gonfalon
  # Reads server-sent events out of a stream's bytes, as they come. No event is longer than a snapshot can be, so that
  # no server can fill the memory.
  class Events
    MAX_BYTES = (Instance::MAX_BYTES * 4 / 3) + 4096 # the largest snapshot in base64, and its field names
    MAX_LINES = 1000 # of one event: ours have three
    BOM = "\xEF\xBB\xBF".b.freeze

    # retry is in milliseconds, nil without one.
    Event = Struct.new(:type, :data, :retry)

    def initialize
      @line = String.new(encoding: Encoding::BINARY)
      @first = true
      @returned = false # the last byte was a carriage return, which a newline may follow
      clear
    end

    # Takes bytes, and yields each event that they end.
    def feed(bytes, &block)
      start = 0
      while start < bytes.bytesize
        start += 1 if @returned && bytes.getbyte(start) == 10
        @returned = false
        at = bytes.index(/[\r\n]/n, start)
        piece = bytes.byteslice(start, (at || bytes.bytesize) - start)
        bound(piece.bytesize)
        @line << piece
        break unless at

        @returned = bytes.getbyte(at) == 13
        start = at + 1
        finish_line(&block)
      end
    end

    private

    def bound(size)
      @bytes += size
      return if @bytes <= MAX_BYTES && @lines <= MAX_LINES

      raise UnreadableError, "an event of more than #{MAX_BYTES} bytes or #{MAX_LINES} lines"
    end

    def finish_line(&block)
      line = @line
      @line = String.new(encoding: Encoding::BINARY)
      @lines += 1
      line = line.delete_prefix(BOM) if @first
      @first = false
      line.empty? ? dispatch(&block) : field(line)
    end

    def field(line)
      name, _, value = line.partition(":")
      value = value.delete_prefix(" ")
      case name
      when "event" then @type = value
      when "data" then @data << value
      when "retry" then @retry = value[0, 9].to_i if value.match?(/\A\d+\z/)
      end
    end

    # Yields an event that has anything. One that only says when to come back has no data, and counts too.
    def dispatch
      event = Event.new(@type || "message", @data.size == 1 ? @data[0] : @data.join("\n"), @retry)
      said = @type || @retry || !@data.empty?
      clear
      yield event if said
    end

    def clear
      @type = @retry = nil
      @data = []
      @bytes = @lines = 0
    end
  end
  private_constant :Events
end
