defmodule Gonfalon.Tree do
  @moduledoc "The repository that these tests are in: its files, and the programs that are built of it."

  alias Gonfalon.JSON

  @root Path.expand("../../../..", __DIR__)

  def path(relative), do: Path.join(@root, relative)

  def json(relative) do
    {:ok, document} = relative |> path() |> File.read!() |> JSON.decode()
    document
  end

  @doc "A program of the repository: the one that a variable names, or built now."
  def program(variable, package) do
    System.get_env(variable) || built(package)
  end

  defp built(package) do
    to = Path.join(System.tmp_dir!(), "gonfalon-elixir-#{Path.basename(package)}")
    {output, code} = System.cmd("go", ["build", "-o", to, "./" <> package], cd: @root, stderr_to_stdout: true)
    if code != 0, do: raise("go build #{package}: #{output}")
    to
  end
end

defmodule Gonfalon.Program do
  @moduledoc "A program beside a test: its lines come to the test's process. It ends when the test does."

  def start(command, arguments, environment \\ []) do
    variables = for {name, value} <- environment, do: {String.to_charlist(name), String.to_charlist(value)}

    port =
      Port.open({:spawn_executable, command}, [:binary, :exit_status, line: 65_536, args: arguments, env: variables])

    {:os_pid, pid} = Port.info(port, :os_pid)
    ExUnit.Callbacks.on_exit(fn -> System.cmd("kill", ["-KILL", to_string(pid)], stderr_to_stdout: true) end)
    port
  end

  @doc "The next line of its output that a function finds something in."
  def await(port, find \\ & &1) do
    receive do
      {^port, {:data, {_, line}}} -> find.(line) || await(port, find)
      {^port, {:exit_status, code}} -> raise "it ended with #{code}"
    after
      60_000 -> raise "it says nothing"
    end
  end

  @doc "Ends a program that doesn't end with its input."
  def stop(port) do
    with {:os_pid, pid} <- Port.info(port, :os_pid) do
      System.cmd("kill", ["-KILL", to_string(pid)])
      receive(do: ({^port, {:exit_status, _}} -> :ok), after: (10_000 -> raise("it doesn't end")))
    end
  end
end

defmodule Gonfalon.Web do
  @moduledoc "Requests of tests."

  alias Gonfalon.{HTTP, JSON}

  def post!(url, body \\ nil, headers \\ []), do: ask!(:post, url, body, headers)

  def ask!(method, url, body, headers) do
    case ask(method, url, body, headers) do
      {status, answer} when status in 200..299 -> answer
      {status, answer} -> raise "#{method} #{url}: #{status} #{inspect(answer)}"
    end
  end

  def ask(method, url, body, headers) do
    written = if body == nil, do: if(method in [:get, :delete], do: nil, else: ""), else: JSON.encode(body)
    {:ok, status, _, text} = HTTP.exchange(method, url, headers, written, [], 10_000_000, 30_000)

    case JSON.decode(text) do
      {:ok, answer} -> {status, answer}
      {:error, _} -> {status, text}
    end
  end
end
