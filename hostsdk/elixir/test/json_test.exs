defmodule Gonfalon.JSONTest do
  use ExUnit.Case, async: true

  alias Gonfalon.JSON

  test "documents are read" do
    assert JSON.decode(~S( {"a": [1, -2.5, 1e3, "x\u00e9\n\ud83d\ude00", true, false, null], "b": {}} )) ==
             {:ok, %{"a" => [1, -2.5, 1000.0, "xé\n😀", true, false, nil], "b" => %{}}}

    assert JSON.decode("123456789012345678901234567890") == {:ok, 123_456_789_012_345_678_901_234_567_890}
    assert JSON.decode(~S({"a": 1, "a": 2})) == {:ok, %{"a" => 2}}
    assert JSON.decode(~S("\ud800")) == {:ok, "\uFFFD"}
    assert JSON.decode(~S("\ud800\u0041")) == {:ok, "\uFFFDA"}
    assert JSON.decode("-0") == {:ok, 0}
  end

  for text <- [
        "",
        " ",
        "nul",
        "tru",
        "01",
        "+1",
        ".5",
        "1.",
        "1e",
        "--1",
        "0x1",
        "NaN",
        "Infinity",
        "1e400",
        "'a'",
        "\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u00g0\"",
        "\"\n\"",
        "\"\t\"",
        "[",
        "]",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{",
        "}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{1:1}",
        "1 1",
        "null,",
        "// x\n1",
        "\uFEFF1",
        <<?", 0xFF, ?">>,
        "[\"a\"",
        "{\"a\":1"
      ] do
    test "#{inspect(text)} isn't JSON" do
      assert {:error, where} = JSON.decode(unquote(text))
      assert where in 0..byte_size(unquote(text))
    end
  end

  test "depth and digits have an end" do
    assert {:ok, _} = JSON.decode(String.duplicate("[", 64) <> String.duplicate("]", 64))
    assert {:error, 64} = JSON.decode(String.duplicate("[", 65) <> String.duplicate("]", 65))
    assert {:error, 64} = JSON.decode(String.duplicate("[", 1_000_000))
    assert {:error, _} = JSON.decode(String.duplicate("9", 1_000_000))
  end

  test "what is written is read again" do
    :rand.seed(:exsss, {4, 5, 6})

    for _ <- 1..2000 do
      value = any(4)
      assert JSON.decode(IO.iodata_to_binary(JSON.encode(value))) == {:ok, value}
    end
  end

  test "a document that is cut or altered anywhere is read or refused, and never raises" do
    :rand.seed(:exsss, {7, 8, 9})
    text = ~S({"title": "no \"such\" flag \u00e9", "list": [1, 2.5, {"a": null}], "deep": [[[["x"]]]]})

    for _ <- 1..20_000 do
      at = :rand.uniform(byte_size(text)) - 1
      <<head::binary-size(at), _, rest::binary>> = text
      altered = head <> <<:rand.uniform(256) - 1>> <> if(:rand.uniform(3) == 1, do: "", else: rest)
      assert match?({:ok, _}, JSON.decode(altered)) or match?({:error, _}, JSON.decode(altered))
    end
  end

  defp any(depth) do
    case :rand.uniform(if(depth > 0, do: 8, else: 6)) do
      1 ->
        nil

      2 ->
        :rand.uniform(2) == 1

      3 ->
        :rand.uniform(1_000_000_000_000) - 500_000_000_000

      4 ->
        :rand.normal() * :math.pow(10, :rand.uniform(40) - 20)

      5 ->
        for(
          _ <- 1..:rand.uniform(8),
          into: "",
          do: <<Enum.random([?a, ?", ?\\, ?\n, 0, 0x1F, ?é, 0x1F600, 0xFFFD])::utf8>>
        )

      6 ->
        ""

      7 ->
        for _ <- 1..:rand.uniform(4), do: any(depth - 1)

      8 ->
        for(n <- 1..:rand.uniform(4), into: %{}, do: {"k#{n}", any(depth - 1)})
    end
  end
end
