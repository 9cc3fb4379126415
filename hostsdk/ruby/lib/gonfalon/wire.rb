# frozen_string_literal: true

require "delegate"
require "io/wait"
require "json"
require "net/http"
require "openssl"
require "time"
require "uri"
require "zlib"

module Gonfalon
  # The server answered, but not with what was asked for. status is HTTP's.
  class WireError < StandardError
    attr_reader :status, :retry_after

    def initialize(message, status: 0, retry_after: nil)
      super(message)
      @status = status
      @retry_after = retry_after
    end

    # Reports whether the token or the environment is at fault. It is tried again, but rarely.
    def refusal?
      [401, 403, 404].include?(status)
    end

    # Reports whether the server means it: asking again at once would have the same answer.
    def final?
      (400..499).cover?(status) && ![408, 425, 429].include?(status)
    end
  end

  # The server sends what can't be read.
  class UnreadableError < WireError
    def final?
      true
    end
  end

  private_constant :WireError, :UnreadableError

  # What the network can raise.
  NETWORK = [
    SystemCallError, IOError, SocketError, Timeout::Error, OpenSSL::SSL::SSLError, Net::ProtocolError, Net::HTTPBadResponse,
    Net::HTTPHeaderSyntaxError, Zlib::Error, URI::InvalidURIError
  ].freeze
  private_constant :NETWORK

  # One environment of one server: requests to the control plane, and the frames of its stream.
  class Wire
    SILENCE = 45 # seconds without a byte, three heartbeats, are a lost connection
    TIMEOUT = 10 # seconds for anything else that the network can keep waiting, and for a whole report
    PATIENCE = 32 # seconds for a whole snapshot: 32 MiB at 1 MiB a second
    USAGE_FLAGS = 1000 # a request
    FORMATS = "formats=1" # of snapshots, so that a newer server writes what this SDK reads
    SUPERSEDES = "X-Gonfalon-Supersedes" # the position of what serves here, if the server is sure that it never had it
    REDIRECTS = 5
    RETRY_AFTER = 300.0 # seconds: a server can't send its clients away for longer
    TLS = %i[ca_file ca_path cert_store cert key min_version max_version].freeze

    def initialize(endpoint, token, environment, tls)
      @base = URI.parse("#{endpoint.chomp("/")}/v1/envs/#{URI.encode_www_form_component(environment).gsub("+", "%20")}/")
      @headers = { "Authorization" => "Bearer #{token}", "User-Agent" => "gonfalon-ruby/#{VERSION}",
                   "Accept-Encoding" => "identity", "Connection" => "close" }
      @tls = tls || {}
    end

    # Returns the current snapshot, or nil if it is the one that is known; and the position that it supersedes, if
    # any.
    def snapshot(known)
      headers = { "Accept-Encoding" => "gzip" }
      headers.update("If-None-Match" => "\"#{known.id}\"", "X-Gonfalon-Position" => known.position) if known
      ask("snapshot?#{FORMATS}", headers, patience: PATIENCE) do |response, meter|
        return [nil, response[SUPERSEDES]] if response.code == "304" && known

        check(response)
        meter.allow(Instance::MAX_BYTES * 2)
        return [Body.read(response, Instance::MAX_BYTES), response[SUPERSEDES]]
      end
    end

    # Yields each event from a position on, or from a snapshot on, and the position that the first snapshot
    # supersedes, if any.
    def stream(position)
      headers = { "Accept" => "text/event-stream", "Cache-Control" => "no-store" }
      headers["Last-Event-ID"] = position if position
      ask("stream?#{FORMATS}", headers, silence: SILENCE, patience: SILENCE) do |response, meter|
        check(response)
        kind = response["Content-Type"] || "of no type"
        raise UnreadableError, "the stream is #{kind}, not text/event-stream" unless kind[/[^;]*/].strip.casecmp?("text/event-stream")

        Body.check_encoding(response, "identity")
        meter.deadline = nil
        events = Events.new
        response.read_body do |bytes|
          meter.allow(Meter::MOST)
          events.feed(bytes) { |event| yield event, response[SUPERSEDES] }
        end
        raise WireError, "the stream ended"
      end
    end

    # Reports at most USAGE_FLAGS flags: key → [count, Unix microseconds of the last evaluation, how often it was on],
    # and the host; without one, only what older servers know.
    def usage(counts, host, patience = TIMEOUT)
      flags = counts.transform_values do |(count, last, on)|
        flag = { count: count, last: Time.at(last / 1_000_000, last % 1_000_000, :microsecond).getutc.iso8601(6) }
        host ? flag.merge(on: on) : flag
      end
      body = JSON.generate(host ? { flags: flags, host: host } : { flags: flags })
      ask("usage", { "Content-Type" => "application/json" }, body: body, patience: patience) { |response, _| return check(response) }
    end

    # The token is nobody's to see.
    def inspect
      "#<Gonfalon::Wire #{@base}>"
    end

    private

    # Yields the answer to a request, whose body is still to be read. Redirects are followed within the endpoint's
    # origin only: the token goes along.
    def ask(path, headers, patience:, silence: TIMEOUT, body: nil)
      uri = URI.join(@base.to_s, path)
      deadline = now + patience
      (REDIRECTS + 1).times do
        connection = connect(uri, silence, deadline)
        location = catch(:redirect) do
          connection.start
          connection.request(message(uri, headers, body)) do |response|
            throw :redirect, response["Location"] if redirect?(response, body)
            return yield(response, connection.meter)
          end
        ensure
          connection.finish if connection.started?
        end
        uri = follow(uri, location)
      end
      raise WireError, "more than #{REDIRECTS} redirects"
    end

    def connect(uri, silence, deadline)
      connection = Connection.new(uri.hostname, uri.port)
      connection.deadline = deadline
      connection.open_timeout = connection.write_timeout = (deadline - now).clamp(0.001, TIMEOUT) # 0 would be no end
      connection.read_timeout = silence
      connection.max_retries = 0
      return connection unless uri.scheme == "https"

      connection.use_ssl = true
      wrong = @tls[:ca_file] && RegularFile.trouble(@tls[:ca_file].to_s) # a pipe would stop the whole program
      raise WireError, "tls has the ca_file #{@tls[:ca_file]}, which can't be used: #{wrong}" if wrong

      @tls.each { |name, value| connection.public_send("#{name}=", value) }
      connection.verify_mode = OpenSSL::SSL::VERIFY_PEER
      connection
    end

    def message(uri, headers, body)
      request = (body ? Net::HTTP::Post : Net::HTTP::Get).new(uri, @headers.merge(headers))
      request.body = body
      request
    end

    # Reports whether an answer sends the same request elsewhere.
    def redirect?(response, body)
      response["Location"] && (body ? %w[307 308] : %w[301 302 303 307 308]).include?(response.code)
    end

    def follow(uri, location)
      target = URI.join(uri.to_s, location)
      return target if origin(target) == origin(@base)

      raise WireError, "a redirect to #{origin(target).join(":")}, another origin"
    end

    def origin(uri)
      [uri.scheme, uri.hostname, uri.port]
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end

    def check(response)
      return if (200..299).cover?(response.code.to_i)

      what = title(Body.beginning(response, 4096)) || response.message
      raise WireError.new("#{response.code} #{what}", status: response.code.to_i, retry_after: retry_after(response))
    end

    # Returns what a problem document says.
    def title(body)
      document = JSON.parse(body)
      said = document.values_at("title", "detail").compact.join(": ") if Hash === document
      said unless said.to_s.empty?
    rescue JSON::ParserError, JSON::NestingError, EncodingError
      nil
    end

    def retry_after(response)
      value = response["Retry-After"].to_s.strip
      return nil unless %w[429 503].include?(response.code) && !value.empty?
      return [value[0, 9].to_f, RETRY_AFTER].min if value.match?(/\A\d+\z/)

      (Time.httpdate(value) - Time.now).clamp(0.0, RETRY_AFTER)
    rescue ArgumentError
      nil
    end
  end

  # net/http bounds neither the time of an answer nor the size of its head. This counts both where its socket is read.
  #
  # Why: RATIONALE.md "Why does Ruby's client count what it reads from net/http?"
  class Meter < SimpleDelegator
    MOST = 1 << 20 # bytes that may come without a part of the body being among them

    attr_writer :deadline # when everything must have come; nil: no end

    def initialize(io, deadline)
      super(io)
      @left = MOST
      @deadline = deadline
    end

    # Says how many bytes may still come.
    def allow(bytes)
      @left = bytes
    end

    def read_nonblock(*arguments, **options)
      raise Net::ReadTimeout if @deadline && now > @deadline

      read = super
      @left -= read.bytesize if String === read
      raise UnreadableError, "an answer without an end" if @left.negative?

      read
    end

    # net/http waits for what this returns.
    def to_io
      self
    end

    def wait_readable(seconds)
      await(:wait_readable, seconds)
    end

    def wait_writable(seconds)
      await(:wait_writable, seconds)
    end

    private

    def await(what, seconds)
      left = @deadline ? [seconds, @deadline - now].min : seconds
      __getobj__.to_io.public_send(what, left) if left.positive?
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end

  # A connection for one request, with a meter.
  class Connection < Net::HTTP
    attr_writer :deadline
    attr_reader :meter

    private

    # net/http calls this when it has connected.
    def on_connect
      @meter = Meter.new(@socket.io, @deadline)
      @socket = Net::BufferedIO.new(@meter, read_timeout: read_timeout, write_timeout: write_timeout)
    end
  end

  # The body of an answer.
  module Body
    module_function

    # Returns the whole body, unpacked. It is no longer than most.
    def read(response, most)
      check_encoding(response, "identity", "gzip")
      body = String.new(encoding: Encoding::BINARY)
      inflate = Zlib::Inflate.new(Zlib::MAX_WBITS + 16) if response["Content-Encoding"].to_s.strip.casecmp?("gzip")
      add = lambda do |bytes|
        body << bytes
        raise UnreadableError, "a snapshot of more than #{most} bytes" if body.bytesize > most
      end
      came = 0
      response.read_body do |bytes|
        came += bytes.bytesize
        inflate ? unpack(inflate, bytes, &add) : add.call(bytes)
      end
      # net/http takes a connection that ends early for the end of the body.
      raise EOFError, "an answer that ends in the middle" if response.content_length.to_i > came
      raise UnreadableError, "an answer whose gzip ends in the middle" if inflate && !inflate.finished?

      body
    rescue Zlib::Error => e
      raise UnreadableError, "an answer that isn't gzip: #{e.message}"
    ensure
      inflate&.reset
      inflate&.close
    end

    # Returns the first bytes of a body.
    def beginning(response, size)
      body = String.new
      response.read_body do |bytes|
        body << bytes
        return body[0, size] if body.bytesize >= size
      end
      body
    end

    # Refuses what was packed in another way than asked for. Of a body that is packed twice, a few bytes fill the
    # memory.
    def check_encoding(response, *asked)
      encoding = response["Content-Encoding"] || "identity"
      return if asked.include?(encoding.strip.downcase)

      raise UnreadableError, "an answer in the encoding #{encoding}, not in #{asked.last}"
    end

    def unpack(inflate, bytes, &add)
      inflate.inflate(bytes, &add) unless inflate.finished?
    end
  end
  private_constant :Wire, :Meter, :Connection, :Body
end
