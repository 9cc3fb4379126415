defmodule Gonfalon.Fake do
  @moduledoc "A server of tests that answers each request with the bytes that a function makes of it."

  @doc "Starts one; its address. `answer` gets the request's first line, its headers and its body; a list is sent piece by piece."
  def start(answer) do
    {:ok, listener} = :gen_tcp.listen(0, [:binary, active: false, reuseaddr: true, ip: {127, 0, 0, 1}])
    {:ok, port} = :inet.port(listener)
    pid = spawn_link(fn -> accept(listener, answer) end)
    :gen_tcp.controlling_process(listener, pid)
    "http://127.0.0.1:#{port}"
  end

  defp accept(listener, answer) do
    with {:ok, socket} <- :gen_tcp.accept(listener) do
      pid = spawn_link(fn -> receive(do: (:go -> serve(socket, answer, ""))) end)
      :gen_tcp.controlling_process(socket, pid)
      send(pid, :go)
      accept(listener, answer)
    end
  end

  defp serve(socket, answer, buffer) do
    with {:ok, data} <- :gen_tcp.recv(socket, 0) do
      case :binary.split(buffer <> data, "\r\n\r\n") do
        [head, body] ->
          [line | headers] = String.split(head, "\r\n")
          headers = Map.new(headers, &(&1 |> String.split(": ", parts: 2) |> List.to_tuple()))

          respond(
            socket,
            answer.(line, headers, rest(socket, body, String.to_integer(headers["content-length"] || "0")))
          )

        [_] ->
          serve(socket, answer, buffer <> data)
      end
    end
  end

  defp rest(_, body, length) when byte_size(body) >= length, do: body

  defp rest(socket, body, length) do
    {:ok, data} = :gen_tcp.recv(socket, 0)
    rest(socket, body <> data, length)
  end

  # :hold keeps the connection open.
  defp respond(socket, pieces) do
    for piece <- List.wrap(pieces) do
      case piece do
        :hold -> :gen_tcp.recv(socket, 0)
        bytes -> :gen_tcp.send(socket, bytes)
      end
    end

    :gen_tcp.close(socket)
  end
end
