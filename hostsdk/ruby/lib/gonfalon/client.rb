# frozen_string_literal: true

module Gonfalon
  # A client follows an environment and keeps its newest snapshot loaded.
  #
  #   flags = Gonfalon::Client.new(endpoint: "http://127.0.0.1:8080", token: token)
  #   puts "the new checkout" if flags.enabled?(:new_checkout, "user:3", groups: ["staff"], attributes: { plan: "pro" })
  #
  # Making one waits for the first snapshot, for at most ready_within seconds, and then continues whatever the state.
  # A server that is down never keeps a program from starting. Any number of threads may use a client. After a fork,
  # the child's client follows its source by itself.
  #
  # endpoint:: the server's address, or GONFALON_ENDPOINT. Without one, the flags come from file or bootstrap.
  # token:: a token of role sdk, or GONFALON_TOKEN.
  # environment:: the environment; "default" if there is an endpoint. Snapshots of another one are refused.
  # bootstrap:: a snapshot to start from: its bytes as a String, or a file as a Pathname. One that can't be loaded raises SnapshotError.
  # last_good:: a path where each snapshot from the source is kept, and found again at the next start.
  # file:: the path of a snapshot file to serve instead of a server; it is read again when it changes.
  # poll_interval:: seconds between polls, instead of following the stream.
  # ready_within:: seconds to wait for the first snapshot; 0: don't wait.
  # ttl:: seconds without contact from the source that make the client STALE; nil: never.
  # grace:: seconds that the client stays READY after it has lost its source.
  # tls:: settings of a private authority or a client certificate, by Net::HTTP's names: ca_file, ca_path, cert_store, cert, key,
  #       min_version, max_version. The server's certificate is always verified.
  # logger:: a Logger; otherwise warnings go to standard error.
  class Client
    include Flags

    LIVING = Set.new.compare_by_identity # the clients of this process that follow something
    private_constant :LIVING

    # Yields a client, and closes it at the end of the block.
    def self.open(**options)
      client = new(**options)
      yield client
    ensure
      client&.close
    end

    def initialize(endpoint: nil, token: nil, environment: nil, bootstrap: nil, last_good: nil, file: nil, poll_interval: nil,
                   ready_within: 5.0, ttl: nil, grace: 5.0, tls: nil, logger: nil, pace: Pace.new)
      @file = file && RegularFile.absolute(file)
      @endpoint = address(endpoint || (ENV["GONFALON_ENDPOINT"] unless file))
      @token = secret(token || ENV["GONFALON_TOKEN"]) if @endpoint
      @log = Log.new(logger, @token)
      @poll = Seconds.between("poll_interval", poll_interval)
      @tls = settings(tls)
      @pace = pace
      check(bootstrap || last_good)
      @environment = environment&.to_s || ("default" if @endpoint)
      Endpoint.check_environment(@environment) if @endpoint
      @status = Status.new(@log, ttl: Seconds.of("ttl", ttl), grace: Seconds.of("grace", grace))
      @store = Store.new(@environment, @status, @log, last_good)
      @workers = []
      @store.start(bytes(bootstrap))
      @status.contact unless source? || @store.engine.nil? # there is nothing that could know better
      start
      wait(Seconds.of("ready_within", ready_within)) if source?
    end

    # Waits until the client is READY. Returns false if that takes longer than timeout seconds, or the client is
    # closed.
    def wait_ready(timeout: nil)
      @status.await(Seconds.of("timeout", timeout)) { state == "READY" }
    end

    # Waits until a snapshot of this revision or a later one serves, such as the one that a write was answered with.
    # Returns false if that takes longer than timeout seconds, or the client is closed.
    def wait_for(revision, timeout: nil)
      @status.await(Seconds.of("timeout", timeout)) { info && info.revision >= revision }
    end

    def subscribe(&listener)
      super.tap { start }
    end

    # Reports usage now. Returns false if it couldn't be delivered; it then goes into the next report.
    def flush
      return false if @host.nil?

      @host.report_usage
      true
    rescue Failure => e
      @log.info("usage can't be reported: #{Log.describe(e)}")
      false
    end

    # Reports usage and ends the connection. The client keeps answering from its last snapshot.
    def close
      @status.close
      LIVING.delete(self)
      workers = @workers
      @workers = []
      workers.each { |worker| worker.stop(@pace.farewell + 3) }
      @status.hush(@pace.farewell)
      nil
    end

    # The token is nobody's to see.
    def inspect
      "#<Gonfalon::Client #{@endpoint || @file || "bootstrap"} #{@environment} #{state}>"
    end

    # In a child process: threads don't survive a fork, so that what they followed is followed again.
    def self.forked
      LIVING.to_a.each { |client| client.send(:forked) }
    end

    private

    def source?
      !(@endpoint.nil? && @file.nil?)
    end

    # Starts what there is to follow, if it isn't followed yet. Without a source that is the clock, while anybody
    # listens to it.
    def start
      return if @status.closed? || !@workers.empty? || !(source? || @status.heard?)

      LIVING << self
      ticker = Ticker.new(@store, @status)
      @workers << Worker.new("gonfalon-clock", @log) { ticker.run }
      return unless source?

      source = make_source
      @workers << Worker.new("gonfalon-source", @log) { source.run }
      host = @host
      @workers << Worker.new("gonfalon-usage", @log) { host.run } if host
    end

    def make_source
      common = [@store, @status, @pace, @log]
      return FileSource.new(@file, *common) if @file

      wire = Wire.new(@endpoint, @token, @environment, @tls)
      @host = Host.new(@store, @status, wire, @pace, @poll ? "poll" : "stream")
      @poll ? PollSource.new(wire, @poll, *common) : StreamSource.new(wire, *common)
    end

    def wait(seconds)
      return if @status.await(seconds) { @status.answered? } || seconds <= 0

      @log.warn("no flags within #{seconds} s; the client starts as #{state}")
    end

    def forked
      @status.forked
      @store.forked
      @workers = []
      start
    end

    def check(first)
      raise ArgumentError, "endpoint and file are two sources; give one" if @endpoint && @file
      unless source? || first
        raise ArgumentError, "nothing to take flags from: give endpoint and token, or file, or bootstrap, or last_good"
      end
    end

    def address(endpoint)
      return nil if endpoint.nil?

      Endpoint.check(Values.text(endpoint.to_s))
    end

    def secret(token)
      token = Values.text(token.to_s)
      raise ArgumentError, "endpoint needs a token (or GONFALON_TOKEN)" if token.empty?
      raise ArgumentError, "the token has a character that no header can have" unless token.match?(/\A[\x21-\x7e]+\z/)

      token
    end

    def settings(tls)
      raise ArgumentError, "tls is a Hash, not #{Values.class_name(tls)}" unless tls.nil? || Hash === tls

      unknown = (tls || {}).keys - Wire::TLS
      raise ArgumentError, "tls has no #{unknown.join(", ")}; it has #{Wire::TLS.join(", ")}" unless unknown.empty?

      tls
    end

    def bytes(bootstrap)
      return bootstrap&.b if bootstrap.nil? || String === bootstrap
      raise ArgumentError, "bootstrap is a String or a Pathname, not #{Values.class_name(bootstrap)}" unless bootstrap.respond_to?(:to_path)

      RegularFile.read(bootstrap.to_path, Instance::MAX_BYTES)
    end
  end
end
