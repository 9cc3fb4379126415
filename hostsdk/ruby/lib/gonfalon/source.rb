# frozen_string_literal: true

module Gonfalon
  # How patient a client is, in seconds. The defaults are every SDK's. backoff: before the first new attempt, doubled
  # each time · longest: between two attempts · usage: between two reports · farewell: for the last report, on close.
  Pace = Struct.new(:backoff, :longest, :usage, :farewell, keyword_init: true) do
    def initialize(backoff: 0.5, longest: 30.0, usage: 60.0, farewell: 2.0)
      super(backoff: Seconds.of("backoff", backoff), longest: Seconds.of("longest", longest),
            usage: Seconds.between("usage", usage), farewell: Seconds.of("farewell", farewell))
    end
  end

  # The pause before the next attempt: exponential, ±50 % jitter.
  class Backoff
    def initialize(pace, chance = Random)
      @pace = pace
      @chance = chance
      reset
    end

    def reset
      @attempts = 0
    end

    # Returns the seconds to wait after an attempt failed. What the server asked for can only make them more.
    def delay(error, asked = nil)
      step = [@pace.backoff * (2.0**[@attempts, 30].min), @pace.longest].min
      @attempts += 1
      if WireError === error
        asked = error.retry_after || asked
        step = @pace.longest if error.refusal?
      end
      [step * (0.5 + @chance.rand), (asked || 0) * (1 + (@chance.rand / 10))].max
    end
  end

  # Keeps a store current, until it is stopped. What the sources have in common.
  class Source
    def initialize(store, status, pace, log)
      @store = store
      @status = status
      @pace = pace
      @log = log
      @backoff = Backoff.new(pace)
    end

    # Follows the source. Each round returns how many seconds to wait until the next.
    def run
      loop { sleep(follow) }
    end

    private

    # Notes that the source stands behind what serves.
    def contact
      @status.contact if @store.engine
    end

    # Notes that the source is away or refuses.
    def failed(error)
      wire = WireError === error
      meant = wire && error.refusal?
      message = @log.clean(wire || Refused === error ? error.message : Log.describe(error))
      level = meant ? :warn : (wire || Refused === error || NETWORK.any? { |kind| kind === error }) ? :info : :error
      # A refusal is asked about again and again.
      @log.public_send(level, "the source failed: #{message}") unless meant && message == @status.error
      @status.failed(message)
      @status.refused(message) if Refused === error || (wire && error.final?)
      @status.answered if @store.engine || meant
    end
  end

  # Serves a file, and reads it again when it has changed.
  class FileSource < Source
    INTERVAL = 1.0 # seconds between two looks

    def initialize(path, *common)
      super(*common)
      @path = path
      @wrong = false # what was seen
    end

    private

    def follow
      look
      INTERVAL
    rescue Failure => e # whatever it is, following goes on
      failed(e)
      @status.answered
      INTERVAL
    end

    # Reads the file if it has changed. What was wrong with it stays wrong until it is another one.
    def look
      stat = File.stat(@path)
      seen = [stat.ino, stat.size, stat.mtime]
      if seen != @seen
        data = read
        @seen = seen
        @wrong = true
        @store.take_snapshot(data)
        @wrong = false
      end
      contact unless @wrong
    end

    def read
      RegularFile.read(@path, Instance::MAX_BYTES)
    rescue ArgumentError => e
      raise Refused, e.message
    end
  end

  # Asks a server for its snapshot, again and again.
  class PollSource < Source
    def initialize(wire, poll, *common)
      super(*common)
      @wire = wire
      @poll = poll
    end

    private

    def follow
      fetch
      @backoff.reset
      @poll * (0.9 + (rand / 5))
    rescue Failure => e # whatever it is, following goes on
      failed(e)
      @backoff.delay(e)
    end

    def fetch
      data, supersedes = @wire.snapshot(@store.engine&.info)
      @store.take_snapshot(data, supersedes) if data
      contact
    end
  end

  # Follows a server's stream.
  class StreamSource < PollSource
    CARRYING = %w[snapshot delta heartbeat].freeze

    def initialize(wire, *common)
      super(wire, nil, *common)
    end

    private

    # Follows the stream until it ends.
    def follow
      @delivered = false
      @later = nil # when the server wants its hosts back
      listen
    rescue Failure => e # whatever it is, following goes on
      failed(e)
      # The server is there, but something between may not let the stream through.
      instead unless @delivered || Errno::ECONNREFUSED === e || turned_away?(e)
      @backoff.delay(e, @delivered ? @later : nil)
    end

    def listen
      superseded = false # what the header says is about the first snapshot
      @wire.stream(@store.engine&.info&.position) do |event, supersedes|
        @later = [event.retry / 1000.0, Wire::RETRY_AFTER].min if event.retry
        next unless CARRYING.include?(event.type)

        take(event, superseded ? nil : supersedes)
        superseded = true if event.type == "snapshot"
        @backoff.reset unless @delivered
        @delivered = true
      end
    end

    def instead
      fetch
    rescue Failure # whatever it is, following goes on
      nil
    end

    def take(event, supersedes)
      return contact if event.type == "heartbeat"

      begin
        data = event.data.unpack1("m0")
      rescue ArgumentError
        @store.refuse("a #{event.type} that isn't base64")
        return @status.refused("a #{event.type} that isn't base64")
      end
      serve(event.type, data, supersedes)
    end

    # Serves a frame. What serves stays, and stays good, when it is refused; after a delta, the whole snapshot is
    # fetched.
    def serve(type, data, supersedes)
      begin
        type == "delta" ? @store.take_delta(data) : @store.take_snapshot(data, supersedes)
      rescue Refused => e
        return type == "delta" ? fetch : @status.refused(e.message)
      end
      contact
    end

    def turned_away?(error)
      WireError === error && (error.refusal? || error.retry_after)
    end
  end
  private_constant :Backoff, :Source, :FileSource, :PollSource, :StreamSource
end
