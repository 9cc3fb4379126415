defmodule Gonfalon.WordsTest do
  @moduledoc "Explanations and refused snapshots have the words that every SDK has."
  use ExUnit.Case, async: true

  alias Gonfalon.{Explanation, LoadError, Msgpack, Tree}

  @cases Tree.json("hostsdk/explanations.json")

  defp cases, do: @cases

  for {case, number} <- Enum.with_index(@cases) do
    @number number
    test case["about"] do
      case = Enum.at(cases(), @number)
      {:ok, [_, steps]} = case["explanation"] |> Base.decode64!() |> Msgpack.unpack_all()

      found =
        for written <- steps do
          step = Explanation.step(written)
          [to_string(step.gate), step.target || "", to_string(step.outcome), step.detail]
        end

      assert found == case["steps"]
    end
  end

  test "the codes of a snapshot that is refused" do
    for %{"code" => code, "words" => words} <- Tree.json("hostsdk/testdata/load-codes.json") do
      assert Exception.message(%LoadError{code: code, offset: 7}) == "#{words} (code #{code}) at byte 7"
    end
  end
end
