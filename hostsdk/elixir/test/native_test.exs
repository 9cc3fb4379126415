defmodule Gonfalon.NativeTest do
  # What the whole machine takes is measured, so nothing else may run.
  use ExUnit.Case, async: false

  alias Gonfalon.{Native, Snapshots}

  @snapshot Snapshots.snapshot(%{a: true})

  test "the collector frees what no process holds" do
    resident = fn ->
      Regex.run(~r/VmRSS:\s+(\d+)/, File.read!("/proc/self/status")) |> List.last() |> String.to_integer()
    end

    load = fn -> for _ <- 1..50, do: Native.load(@snapshot, 4, 1_000_000_000) end
    for _ <- 1..2, do: Task.await(Task.async(load))
    before = resident.()
    for _ <- 1..10, do: Task.await(Task.async(load))
    # 500 pools of four instances would take a gigabyte.
    assert resident.() - before < 400_000
  end
end
