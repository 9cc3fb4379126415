defmodule Gonfalon.HTTPTest do
  use ExUnit.Case, async: true

  alias Gonfalon.{Fake, HTTP, SSE, Wire, WireError}

  defp get(url, headers \\ []), do: HTTP.exchange(:get, url, headers, nil, [], 1000, 5000)

  for {about, answer, wanted} <- [
        {"a length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello and more", "hello"},
        {"no length", "HTTP/1.0 200 OK\r\n\r\nhello", "hello"},
        {"chunks, with extensions and trailers",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nhel\r\n02 \r\nlo\r\n0\r\nX: y\r\nZ: 1\r\n\r\n",
         "hello"},
        {"an empty body", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ""},
        {"no chunk but the last", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ""},
        {"hints before it",
         "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
         "hello"},
        {"no reason, and bare line feeds", "HTTP/1.1 200\nContent-Length: 5\n\nhello", "hello"}
      ] do
    test "an answer with #{about}, also byte by byte" do
      answer = unquote(answer)

      for pieces <- [[answer], for(<<b <- answer>>, do: <<b>>)] do
        assert {:ok, 200, _, unquote(wanted)} = get(Fake.start(fn _, _, _ -> pieces end))
      end
    end
  end

  for {about, answer, reason} <- [
        {"another protocol", "SSH-2.0-x\r\n\r\n", ~r/isn't HTTP/},
        {"a status that is none", "HTTP/1.1 999 No\r\n\r\n", ~r/isn't HTTP/},
        {"a length that is none", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", ~r/length can't be read/},
        {"an encoding of transfer that isn't known", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
         ~r/transfer encoding/},
        {"a chunk's size that is none", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n",
         ~r/chunks can't be read/},
        {"a chunk's size beyond all bounds", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n",
         ~r/chunks can't be read/},
        {"a chunk that is longer than it says",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n", ~r/chunks can't be read/},
        {"a body that is too long", "HTTP/1.1 200 OK\r\n\r\n" <> String.duplicate("x", 1001), ~r/more than 1000 bytes/},
        {"a body that ends too soon", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", ~r/connection was lost/},
        {"nothing", "", ~r/connection was lost/}
      ] do
    test "an answer with #{about} is an error" do
      assert {:error, reason} = get(Fake.start(fn _, _, _ -> unquote(answer) end))
      assert reason =~ unquote(Macro.escape(reason))
    end
  end

  test "gzip is unpacked within the limit" do
    answer = fn text -> ["HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", :zlib.gzip(text)] end
    assert {:ok, 200, _, "hello"} = get(Fake.start(fn _, _, _ -> answer.("hello") end))

    assert {:error, "an answer of more than 1000 bytes"} =
             get(Fake.start(fn _, _, _ -> answer.(String.duplicate("x", 1_000_000)) end))

    assert {:error, "an answer that is gzip only in part"} =
             get(
               Fake.start(fn _, _, _ ->
                 ["HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", binary_part(:zlib.gzip("hello"), 0, 12)]
               end)
             )
  end

  test "a redirect is followed within the origin, with the token, and nowhere else" do
    test = self()

    other =
      Fake.start(fn line, headers, _ -> send(test, {:other, line, headers}) && "HTTP/1.1 200 OK\r\n\r\nstolen" end)

    url =
      Fake.start(fn
        "GET /there" <> _, headers, _ -> ["HTTP/1.1 200 OK\r\n\r\n", headers["authorization"]]
        "GET /away" <> _, _, _ -> "HTTP/1.1 302 Found\r\nLocation: #{other}/\r\n\r\n"
        "GET /loop" <> _, _, _ -> "HTTP/1.1 302 Found\r\nLocation: /loop\r\n\r\n"
        "POST /see" <> _, _, _ -> "HTTP/1.1 303 See Other\r\nLocation: /there\r\n\r\n"
        "GET /" <> _, _, _ -> "HTTP/1.1 307 Temporary Redirect\r\nLocation: there\r\n\r\n"
      end)

    assert {:ok, 200, _, "Bearer t"} = get(url <> "/", [{"authorization", "Bearer t"}])
    assert {:error, "302 redirects to another origin"} = get(url <> "/away", [{"authorization", "Bearer t"}])
    assert {:error, "more than 5 redirects"} = get(url <> "/loop")

    assert {:error, "303 redirects what changes something"} =
             HTTP.exchange(:post, url <> "/see", [], "{}", [], 1000, 5000)

    refute_received {:other, _, _}
  end

  test "nothing that a program hands in writes another line into a request" do
    test = self()
    url = Fake.start(fn line, headers, _ -> send(test, {:asked, line, headers}) && "HTTP/1.1 200 OK\r\n\r\n{}" end)

    for evil <- ["x\r\nX-Evil: 1", "x\nX-Evil: 1", "x\0"] do
      assert {:error, "an address or a header with what would end its line"} = get(url <> "/", [{"if-match", evil}])
      assert {:error, _} = get(url <> "/" <> evil)
      admin = Gonfalon.Admin.new(url, "t" <> evil)
      assert {:error, %Gonfalon.ApiError{status: 0}} = Gonfalon.Admin.get_flag(admin, :a)
      assert {:error, %Gonfalon.ApiError{}} = Gonfalon.Admin.get_flag(%{admin | token: "t"}, :a, if_match: evil)
    end

    assert {:error, _} = get(url <> "/ HTTP/1.1 x")
    refute_received {:asked, _, _}
    # In a key it is a part of the key.
    assert {:ok, %{}, nil} =
             Gonfalon.Admin.get_flag(Gonfalon.Admin.new(url, "t"), "a\r\nX-Evil: 1", on_behalf_of: "a\r\nb")

    assert_received {:asked, "GET /v1/envs/default/flags/a%0D%0AX-Evil%3A%201 HTTP/1.1",
                     %{"x-gonfalon-on-behalf-of" => "a%0D%0Ab"}}
  end

  test "a whole answer has a deadline, and a connection that isn't there is said in few words" do
    slow = Fake.start(fn _, _, _ -> ["HTTP/1.1 200 OK\r\n\r\nhello", :hold] end)
    assert {:error, "nothing came in time"} = HTTP.exchange(:get, slow, [], nil, [], 1000, 1000)
    assert {:error, "the server can't be reached: connection refused"} = get("http://127.0.0.1:1")
    assert {:error, "the server can't be reached: there is no such host"} = get("http://nowhere.invalid")
    assert {:error, "an address that is neither http nor https"} = get("ftp://a")
    assert {:error, "the server can't be reached: " <> _} = get("https://127.0.0.1:1")
  end

  test "what a server says of an error, and how long it asks to wait" do
    assert %{message: "429 slow down: please", retry_after: 3000} =
             Wire.error(429, %{"retry-after" => "3"}, ~S({"title": "slow down", "detail": "please"}), "t0ken")

    assert %{message: "503", retry_after: 300_000} =
             Wire.error(503, %{"retry-after" => "99999999999999999999"}, "<html>", "t0ken")

    assert %{retry_after: nil} = Wire.error(500, %{"retry-after" => "3"}, "", "t0ken")
    assert %{retry_after: nil} = Wire.error(503, %{"retry-after" => "soon"}, "", "t0ken")
    assert %{retry_after: 0} = Wire.error(503, %{"retry-after" => "Sun, 06 Nov 1994 08:49:37 GMT"}, "", "t0ken")
    assert %{retry_after: 300_000} = Wire.error(503, %{"retry-after" => "Sun, 06 Nov 2094 08:49:37 GMT"}, "", "t0ken")

    assert Enum.map([401, 403, 404, 408, 425, 429, 400, 500], &WireError.final?(%WireError{status: &1})) == [
             true,
             true,
             true,
             false,
             false,
             false,
             true,
             false
           ]
  end

  test "usage is sent without the host to an older server, and merged where it isn't taken" do
    test = self()

    url =
      Fake.start(fn line, _, body ->
        cond do
          not (line =~ "/usage") -> "HTTP/1.1 304 Not Modified\r\n\r\n"
          body =~ "host" -> "HTTP/1.1 400 Bad Request\r\n\r\n"
          true -> send(test, {:usage, Gonfalon.JSON.decode(body)}) && "HTTP/1.1 204 No Content\r\n\r\n"
        end
      end)

    options = [
      name: :older,
      endpoint: url,
      token: "t",
      poll_interval: 60_000,
      bootstrap: Gonfalon.Snapshots.snapshot(%{a: true, b: false})
    ]

    start_supervised!({Gonfalon, Gonfalon.Watcher.quick(options)})
    for _ <- 1..3, do: Gonfalon.enabled?(:a, client: :older)
    Gonfalon.enabled?(:b, client: :older)
    assert Gonfalon.flush(client: :older)
    assert_receive {:usage, {:ok, %{"flags" => %{"a" => %{"count" => 3, "last" => last} = a, "b" => %{"count" => 1}}}}}
    refute Map.has_key?(a, "on")
    assert {:ok, _, 0} = DateTime.from_iso8601(last)

    dead = [
      name: :unheard,
      endpoint: "http://127.0.0.1:1",
      token: "t",
      ready_within: 0,
      bootstrap: Gonfalon.Snapshots.snapshot(%{a: true})
    ]

    start_supervised!({Gonfalon, Gonfalon.Watcher.quick(dead)})
    Gonfalon.enabled?(:a, client: :unheard)
    refute Gonfalon.flush(client: :unheard)
    Gonfalon.enabled?(:a, client: :unheard)
    assert %{"a" => {2, 2, _}} = Gonfalon.Store.take_usage(Gonfalon.Store.name(:unheard))
  end

  test "a client that ends while its first report is under way says so, and doesn't wait for the answer" do
    test = self()

    url =
      Fake.start(fn line, _, body ->
        if line =~ "/usage" do
          {:ok, %{"host" => host}} = Gonfalon.JSON.decode(body)
          send(test, {:host, host})
          if host["gone"], do: "HTTP/1.1 204 No Content\r\n\r\n", else: :hold
        else
          "HTTP/1.1 304 Not Modified\r\n\r\n"
        end
      end)

    options = [
      name: :brief,
      endpoint: url,
      token: "t",
      poll_interval: 60_000,
      bootstrap: Gonfalon.Snapshots.snapshot(%{a: true})
    ]

    start_supervised!({Gonfalon, Gonfalon.Watcher.quick(options)})
    assert_receive {:host, first}
    refute first["gone"]
    began = System.monotonic_time(:millisecond)
    stop_supervised!({Gonfalon, :brief})
    assert System.monotonic_time(:millisecond) - began < 4000
    assert_receive {:host, %{"gone" => true, "id" => id}}
    assert id == first["id"]
  end

  describe "a stream of events" do
    @stream "\uFEFF: comment\r\nevent: snapshot\r\nid: 1\r\ndata: abc\r\ndata:def\r\n\r\nretry: 1500\nevent: heartbeat\n\ndata\n\nevent: delta\rdata: x\r\r"
    @events [
      %{kind: "snapshot", data: "abc\ndef", retry: nil},
      %{kind: "heartbeat", data: "", retry: 1500},
      %{kind: "message", data: "", retry: 1500},
      %{kind: "delta", data: "x", retry: 1500}
    ]

    test "is the same however it is cut" do
      for size <- 1..byte_size(@stream) do
        {events, _} =
          Enum.reduce(0..div(byte_size(@stream), size), {[], SSE.new(1000)}, fn n, {events, parser} ->
            piece = binary_part(@stream, n * size, min(size, byte_size(@stream) - n * size))
            {:ok, more, parser} = SSE.read(parser, piece)
            {events ++ more, parser}
          end)

        assert events == @events
      end
    end

    test "has events of bounded size" do
      assert {:error, "an event of more than 1000 bytes"} = SSE.read(SSE.new(1000), String.duplicate("x", 1001))

      assert {:error, "an event of more than 1000 lines"} =
               SSE.read(SSE.new(100_000), String.duplicate("data: x\n", 1001))

      assert {:ok, [], parser} = SSE.read(SSE.new(1000), "retry: 99999999999999999999\nretry: -1\n\n")
      assert parser.retry == nil
      assert {:ok, events, _} = SSE.read(SSE.new(100), String.duplicate("data: x\n\n", 10_000))
      assert length(events) == 10_000
    end
  end
end
