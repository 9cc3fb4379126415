defmodule Gonfalon.Plane do
  @moduledoc "A running control plane, with an admin of it."

  alias Gonfalon.{Admin, Program, Tree}

  @token "an-admin-token-for-tests"
  defstruct [:port, :url, :admin, :folder]

  def start(folder, listen \\ "127.0.0.1:0") do
    binary = Tree.program("GONFALON_BIN", "cmd/gonfalon")
    arguments = ["serve", "--data-dir", folder, "--listen", listen, "--seed=false", "--log-level", "error"]
    port = Program.start(binary, arguments, [{"GONFALON_ADMIN_TOKEN", @token}])
    url = Program.await(port, fn line -> with [_, url] <- Regex.run(~r{(https?://[^/\s]+)/v1}, line), do: url end)
    %__MODULE__{port: port, url: url, admin: Admin.new(url, @token), folder: folder}
  end

  def token, do: @token

  def sdk_token(plane, environments \\ ["default"]) do
    {:ok, %{"token" => token}, _} =
      Admin.request(plane.admin, :post, "/v1/tokens", %{name: "elixir", role: "sdk", envs: environments})

    token
  end

  def put!(plane, key, gates) do
    {:ok, _, revision} = Admin.put_flag(plane.admin, key, %{gates: gates})
    revision
  end

  def environment!(plane, key, settings) do
    {:ok, _, _} = Admin.request(plane.admin, :post, "/v1/envs", %{key: key, settings: settings})
  end

  @doc "Ends one. Its port stays the test's: no other program is given it, and one that asks for this very port gets it."
  def stop(plane) do
    Program.stop(plane.port)

    # Elsewhere nobody could listen there.
    if :os.type() == {:unix, :linux} do
      {:ok, socket} = :socket.open(:inet, :stream, :tcp)
      :ok = :socket.setopt(socket, {:socket, :reuseaddr}, true)
      :ok = :socket.bind(socket, %{family: :inet, addr: {127, 0, 0, 1}, port: URI.parse(plane.url).port})
    end
  end
end
