# frozen_string_literal: true

require "json"
require "socket"
require "timeout"

# A control plane as far as clients see it, with every way of misbehaving that a test needs.
class FakeServer
  HEARTBEAT = "event: heartbeat\ndata:\n\n"

  Request = Struct.new(:method, :path, :headers, :body)

  # requests gets each Request, usage the flags of each report that has some, hosts the host of each.
  attr_reader :requests, :usage, :hosts, :url, :port
  attr_accessor :snapshot, :status, :streams_status, :usage_status, :headers, :supersedes, :greets, :older
  attr_writer :answer # a Proc that takes (request, socket) and returns true if it has answered

  def self.open(...)
    server = new(...)
    yield server
  ensure
    server&.close
  end

  def initialize(snapshot, port: 0)
    @snapshot = snapshot
    @status = @streams_status = 200
    @usage_status = 204
    @headers = {}
    @greets = true # with the snapshot or a heartbeat, when a stream is opened
    @supersedes = @older = false
    @requests = Queue.new
    @usage = Queue.new
    @hosts = Queue.new
    @opened = Queue.new
    @streams = []
    @lock = Mutex.new
    @server = TCPServer.new("127.0.0.1", port)
    @port = @server.addr[1]
    @url = "http://127.0.0.1:#{@port}"
    @thread = Thread.new { accept }
  end

  # Changes the snapshot, and tells the streams.
  def publish(snapshot, whole: false)
    old = @snapshot
    @snapshot = snapshot
    kind, data = whole ? ["snapshot", snapshot] : ["delta", Frames.delta(old, snapshot)]
    send_event(Frames.frame(kind, data, Frames.position(snapshot)))
  end

  # Writes bytes to every open stream.
  def send_event(bytes)
    @lock.synchronize { @streams.each { |stream| stream << bytes } }
  end

  # Ends every open stream.
  def cut
    send_event(nil)
  end

  # Waits until the next stream is open.
  def await_stream
    Timeout.timeout(10) { @opened.pop }
  end

  # Returns the next request whose path ends so.
  def next_request(ending)
    Timeout.timeout(10) do
      loop do
        request = @requests.pop
        return request if request.path.split("?")[0].end_with?(ending)
      end
    end
  end

  def close
    cut
    @server.close
    @thread.join
  end

  private

  def accept
    loop do
      socket = @server.accept
      Thread.new do
        serve(socket)
      rescue SystemCallError, IOError
        nil # a client that went away
      ensure
        socket.close
      end
    end
  rescue IOError, SystemCallError
    nil
  end

  def serve(socket)
    request = read(socket) or return
    @requests << request
    return if @answer&.call(request, socket)

    if @status != 200 || request.headers["authorization"] != "Bearer token"
      return reply(socket, @status == 200 ? 401 : @status, '{"title": "No"}')
    end
    path, query = request.path.split("?")
    return reply(socket, 406) if path.end_with?("/snapshot", "/stream") && query != "formats=1"

    case path
    when %r{/snapshot\z} then snapshot_for(request, socket)
    when %r{/stream\z} then @streams_status == 200 ? stream_for(request, socket) : reply(socket, @streams_status)
    when %r{/usage\z} then take_usage(request, socket)
    else reply(socket, 404)
    end
  end

  def read(socket)
    line = socket.gets or return
    method, path = line.split
    headers = {}
    while (line = socket.gets) && line != "\r\n"
      name, value = line.chomp.split(": ", 2)
      headers[name.downcase] = value
    end
    Request.new(method, path, headers, socket.read(headers.fetch("content-length", 0).to_i))
  end

  def snapshot_for(request, socket)
    return reply(socket, 503) if @snapshot.empty?

    tag = "\"#{Frames.id(@snapshot)}\""
    return reply(socket, 304) if request.headers["if-none-match"] == tag

    reply(socket, 200, @snapshot, { "ETag" => tag }.merge(superseding(request)))
  end

  def stream_for(request, socket)
    events = Queue.new
    @lock.synchronize do
      if @greets
        here = Frames.position(@snapshot)
        events << (request.headers["last-event-id"] == here ? HEARTBEAT : Frames.frame("snapshot", @snapshot, here))
      end
      @streams << events
    end
    @opened << true
    head = ["HTTP/1.1 200 OK", "Content-Type: text/event-stream", "Connection: close"]
    head += superseding(request).map { |pair| pair.join(": ") }
    socket.write("#{head.join("\r\n")}\r\n\r\n")
    while (event = events.pop)
      socket.write(event)
    end
  ensure
    @lock.synchronize { @streams.delete(events) }
  end

  def take_usage(request, socket)
    if @usage_status < 300
      report = JSON.parse(request.body)
      return reply(socket, 400) if @older && (report.key?("host") || report["flags"].any? { |_, flag| flag.key?("on") })

      @usage << report["flags"] unless report["flags"].empty?
      @hosts << report["host"] if report.key?("host")
    end
    reply(socket, @usage_status)
  end

  def superseding(request)
    named = request.headers["last-event-id"] || request.headers["x-gonfalon-position"]
    @supersedes && named ? { "X-Gonfalon-Supersedes" => named } : {}
  end

  def reply(socket, status, body = "", headers = {})
    head = ["HTTP/1.1 #{status} Status", "Content-Length: #{body.bytesize}"]
    head += @headers.merge(headers).map { |pair| pair.join(": ") }
    socket.write("#{head.join("\r\n")}\r\n\r\n", status == 304 ? "" : body)
  end
end
