defmodule Gonfalon.MsgpackTest do
  use ExUnit.Case, async: true

  alias Gonfalon.Msgpack

  @integers for(
              shift <- 0..63,
              n = Bitwise.bsl(1, shift),
              near <- [n - 1, n, -n, -n - 1],
              near in -0x8000000000000000..0xFFFFFFFFFFFFFFFF,
              do: near
            )

  test "values are read as they were written, in their shortest form" do
    long = String.duplicate("é", 40_000)

    values = [
      nil,
      true,
      false,
      1.5,
      -0.25,
      "",
      "a",
      String.duplicate("x", 40),
      long,
      [],
      Enum.to_list(1..20),
      {:map, [{"a", [1]}, {"b", {:map, []}}]},
      {:bin, <<1, 2>>},
      18_446_744_073_709_551_616
    ]

    for value <- values ++ @integers do
      written = value |> packable() |> Msgpack.pack() |> IO.iodata_to_binary()
      assert Msgpack.unpack_all(written) == {:ok, value}
    end

    assert IO.iodata_to_binary(Msgpack.pack(127)) == <<127>>
    assert IO.iodata_to_binary(Msgpack.pack(-32)) == <<0xE0>>
    assert IO.iodata_to_binary(Msgpack.pack(-33)) == <<0xD0, -33>>
  end

  defp packable(n) when is_integer(n) and n > 0xFFFFFFFFFFFFFFFF, do: {:ext, 1, Integer.to_string(n)}
  defp packable(value), do: value

  test "whatever bytes come, reading ends" do
    :rand.seed(:exsss, {1, 2, 3})

    for _ <- 1..20_000 do
      data = :rand.bytes(:rand.uniform(24))
      assert match?({:ok, _}, Msgpack.unpack_all(data)) or Msgpack.unpack_all(data) == :error
    end
  end

  test "a value that is cut anywhere isn't one" do
    written =
      IO.iodata_to_binary(
        Msgpack.pack([
          1,
          "text",
          {:map, [{"a", 1.5}]},
          {:bin, "x"},
          {:ext, 1, "123456789012345678901234567890"},
          [nil, 70_000]
        ])
      )

    assert {:ok, _} = Msgpack.unpack_all(written)
    for n <- 0..(byte_size(written) - 1), do: assert(Msgpack.unpack_all(binary_part(written, 0, n)) == :error)
    assert Msgpack.unpack_all(written <> <<0>>) == :error
  end

  test "a count beyond the bytes asks for no work, and depth has an end" do
    assert Msgpack.unpack_all(<<0xDD, 0xFFFFFFFF::32, 0>>) == :error
    assert Msgpack.unpack_all(<<0xDF, 0xFFFFFFFF::32, 0>>) == :error
    assert Msgpack.unpack_all(String.duplicate(<<0x91>>, 1_000_000)) == :error
  end
end
