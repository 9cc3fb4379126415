# frozen_string_literal: true

require "gonfalon"
require_relative "conformance"

module Gonfalon
  # Decides (snapshot, request) pairs from a file, for comparison with another host byte by byte.
  #
  # PAIRS has, for each pair, two records, each with its length before it (u32, little-endian): the snapshot's bytes,
  # or length 0 for that of the pair before; then the request's bytes. DECISIONS gets, for each pair, the packed
  # decision (u32, little-endian), then the variant's name, its payload and the deciding gate's target, each with its
  # length before it. A snapshot or request that the engine refuses gets 0xffffffff and three empty texts. - is
  # standard input or output.
  #
  # What a program could ask is asked again as a program would, by a context as it comes and by one prepared, which
  # leave out of their requests what the flag doesn't need. Another decision than that of the request ends it.
  module Differential
    REFUSED = ("\xFF" * 4).b + ("\0" * 12)

    # An actor without a key.
    class Keyless
      def actor_id = nil
    end

    module_function

    # Writes a decision for each pair. Returns how many, and how many of them were asked again.
    def run(file, out)
      decider = Conformance::Decider.new
      again = Again.new
      count = 0
      pairs(file) do |snapshot, request|
        begin
          decision, written = decider.decide(snapshot, request)
          again.ask(snapshot, request, decision.packed)
        rescue SnapshotError, RequestError
          written = REFUSED
        end
        out.write(written)
        count += 1
      end
      [count, again.count]
    end

    def pairs(file)
      snapshot = "".b
      while (head = file.read(4))
        changed = body(file, head)
        snapshot = changed unless changed.empty?
        yield snapshot, body(file, file.read(4))
      end
    end

    def body(file, head)
      size = head&.unpack1("V") if head&.bytesize == 4
      found = size && (size.zero? ? "".b : file.read(size))
      raise ArgumentError, "the file ends in the middle of a record" unless found && found.bytesize == size

      found
    end

    # Returns key, actor, groups, attributes, time and chance of a request for one flag; nil if no program can ask so:
    # the SDK would write another actor, other groups or other attributes than the request has.
    def question(request)
      reader = MessagePack::Reader.new(request)
      return nil unless reader.array_size == 6

      parts = Array.new(6) do
        start = reader.position
        value = reader.read
        [value, request.byteslice(start, reader.position - start)]
      end
      (key, _), (actor, *actor_bytes), (groups, *group_bytes), (now, _), (roll, _), (attributes, *attribute_bytes) = parts
      return nil unless String === key && key.encoding == Encoding::UTF_8 && reader.position == request.bytesize

      who = actor == false ? Keyless.new : actor
      context = Context.new(who, groups: groups, attributes: attributes)
      again = [context.actor, context.groups, context.attributes].map { |value| MessagePack.pack(value) }
      [key, who, groups, attributes, now, roll] if again == [*actor_bytes, *group_bytes, *attribute_bytes]
    rescue MessagePackError, ArgumentError
      nil
    end

    def main(pairs, decisions)
      open(pairs, "rb", $stdin) do |file|
        open(decisions, "wb", $stdout) do |out|
          count, again = run(file, out)
          warn "#{count} decided, #{again} of them again by contexts"
        end
      end
      0
    rescue SystemCallError, ArgumentError => e
      warn "#{pairs}: #{e.message}"
      1
    end

    def open(path, mode, standard, &block)
      path == "-" ? block.call(standard.binmode) : File.open(path, mode, &block)
    end
  end

  # Asks as a program would. An engine is kept as long as the snapshot stays the same.
  class Differential::Again
    attr_reader :count

    def initialize
      @count = 0
    end

    # Raises ArgumentError if the decision is another one than that of the request.
    def ask(snapshot, request, packed)
      asked = Differential.question(request) or return
      unless snapshot == @engine&.data
        @engine&.retire
        @engine = Engine.new(snapshot, Mistakes.new(Log.new(nil)))
      end
      key, who, groups, attributes, now, roll = asked
      context = Context.new(who, groups: groups, attributes: attributes)
      answers = [@engine.evaluate(key, who, groups, attributes, now, roll), @engine.evaluate(key, context, nil, nil, now, roll)]
      raise ArgumentError, "#{request.unpack1("H*")} is #{packed}, asked by a context #{answers.inspect}" if answers != [packed, packed]

      @count += 1
    end
  end
end
