defmodule Gonfalon.PackageTest do
  @moduledoc "The package as programs have it: a dependency by its path, in a project that has nothing else; and the pages' examples."
  use ExUnit.Case, async: true

  alias Gonfalon.{Plane, Program, Tree}

  @moduletag :tmp_dir

  # It compiles the package and its engine, on a machine that may do other things.
  @tag timeout: 600_000
  test "the example builds in a folder of its own, and follows a server", %{tmp_dir: folder} do
    shop = Path.join(folder, "shop")
    File.cp_r!(Tree.path("hostsdk/elixir/examples/shop"), shop)
    for leftover <- ["_build", "deps"], do: File.rm_rf!(Path.join(shop, leftover))
    mix = File.read!(Path.join(shop, "mix.exs"))
    File.write!(Path.join(shop, "mix.exs"), String.replace(mix, ~s("../.."), inspect(Tree.path("hostsdk/elixir"))))

    plane = Plane.start(Path.join(folder, "data"))
    Plane.put!(plane, "new_checkout", [%{type: "group", target: "staff", enabled: true}])
    environment = [{"GONFALON_ENDPOINT", plane.url}, {"GONFALON_TOKEN", Plane.sdk_token(plane)}, {"MIX_ENV", "prod"}]
    {output, 0} = System.cmd("mix", ["compile"], cd: shop, env: environment, stderr_to_stdout: true)
    refute output =~ "warning"

    program = Program.start(System.find_executable("sh"), ["-c", "cd #{shop} && exec mix run -e Shop.run"], environment)
    assert Program.await(program, &(&1 =~ "flags are ready: " && &1)) == "flags are ready: the new checkout"
    assert Program.await(program) =~ "new_checkout · default · revision"
    Plane.put!(plane, "new_checkout", [%{type: "group", target: "staff", enabled: false}])
    assert Program.await(program, &(&1 =~ "changed" && &1)) == "changed: new_checkout"
    assert Program.await(program, &(&1 =~ "flags are ready: " && &1)) == "flags are ready: the old checkout"
  end

  test "the package has all that it is made of" do
    files = Mix.Project.config()[:package][:files]
    for file <- files, do: assert(File.exists?(file))
    # What was made for one machine stays out.
    refute Enum.any?(files, &(&1 in ["_build", "priv"]))
  end

  test "the pages' Elixir is Elixir" do
    blocks = ~r/```elixir\n(.*?)```/s |> Regex.scan(File.read!("README.md")) |> Enum.map(&List.last/1)
    assert length(blocks) > 5
    for block <- blocks, do: assert({:ok, _} = Code.string_to_quoted(block))

    # Every function that they name is there.
    for [_, module, name] <- Regex.scan(~r/\b(Gonfalon(?:\.[A-Z]\w+)*)\.([a-z_]+[?]?)\(/, Enum.join(blocks)) do
      module = Module.concat([module])
      assert Code.ensure_loaded?(module)

      assert Enum.any?(module.__info__(:functions), fn {function, _} -> to_string(function) == name end),
             "#{inspect(module)}.#{name}"
    end
  end
end
