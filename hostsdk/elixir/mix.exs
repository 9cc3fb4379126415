defmodule Gonfalon.MixProject do
  use Mix.Project

  @version "0.2.0"

  def project do
    [
      app: :gonfalon,
      version: @version,
      elixir: "~> 1.14",
      compilers: [:gonfalon_engine | Mix.compilers()],
      elixirc_paths: if(Mix.env() == :test, do: ["lib", "test/support"], else: ["lib"]),
      deps: [],
      description: "Feature flags evaluated in memory, the same in every language",
      package: [licenses: ["Apache-2.0"], files: ~w(lib c_src mix.exs README.md)],
      xref: [exclude: [:telemetry]]
    ]
  end

  def application do
    [mod: {Gonfalon.Application, []}, extra_applications: [:logger, :crypto, :ssl, :public_key]]
  end
end

defmodule Mix.Tasks.Compile.GonfalonEngine do
  @moduledoc false
  # Builds the engine: this package's NIF over the C library, by the C compiler that CC names.
  use Mix.Task.Compiler

  @flags ~w(-O2 -fPIC -shared -std=gnu11 -fvisibility=hidden)

  @impl true
  def run(_arguments) do
    library = library()
    sources = ["c_src/gonfalon_nif.c" | Path.wildcard(Path.join(library, "src/*.c"))]
    watched = sources ++ Path.wildcard(Path.join(library, "**/*.{c,h}"))
    target = Path.join(Mix.Project.app_path(), "priv/gonfalon_nif.so")

    cond do
      length(sources) == 1 -> failed("the C library isn't there: #{library} has no src/*.c")
      Mix.Utils.stale?(watched ++ ["mix.exs"], [target]) -> build(sources, library, target)
      true -> {:noop, []}
    end
  end

  @impl true
  def clean, do: File.rm(Path.join(Mix.Project.app_path(), "priv/gonfalon_nif.so"))

  defp build(sources, library, target) do
    # priv of this project is linked into the build; a real folder there keeps the tree clean.
    File.rm_rf!(Path.dirname(target))
    File.mkdir_p!(Path.dirname(target))
    Mix.shell().info("Compiling the engine (gonfalon)")
    testing = if Mix.env() == :test, do: ["-DGONFALON_TESTING"], else: []
    includes = ["-I", erlang_headers(), "-I", library, "-I", Path.join(library, "src/wasm2c")]
    arguments = @flags ++ testing ++ includes ++ ["-o", target | sources] ++ ["-lm", "-lpthread"]

    case System.cmd(System.get_env("CC", "cc"), arguments, stderr_to_stdout: true) do
      {_, 0} -> {:ok, []}
      {output, code} -> failed("the C compiler ended with #{code}:\n#{output}")
    end
  end

  # In a package the library is beside the NIF; in the repository it is a neighbour.
  defp library do
    Enum.find(["c_src/gonfalon", "../c"], "../c", &File.dir?/1)
  end

  defp erlang_headers do
    root = to_string(:code.root_dir())
    Path.join([root, "erts-#{:erlang.system_info(:version)}", "include"])
  end

  defp failed(message) do
    Mix.shell().error(message)

    {:error,
     [
       %Mix.Task.Compiler.Diagnostic{
         compiler_name: "gonfalon_engine",
         details: nil,
         file: "c_src/gonfalon_nif.c",
         message: message,
         position: 0,
         severity: :error
       }
     ]}
  end
end
