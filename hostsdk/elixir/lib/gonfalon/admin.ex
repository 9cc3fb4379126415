defmodule Gonfalon.ApiError do
  @moduledoc """
  What the control plane refused, as its problem document says it: HTTP's `status`, the problem's `type`, `title` and `detail`. `status` is
  0 if it couldn't be asked.
  """
  defexception status: 0, type: nil, title: nil, detail: nil

  @impl true
  def message(error),
    do: [error.status > 0 && "#{error.status}", error.title, error.detail] |> Enum.filter(& &1) |> Enum.join(" ")
end

defmodule Gonfalon.Admin do
  @moduledoc """
  Reads and writes flags. A change is answered with the document after it and the revision that it made:

      admin = Gonfalon.Admin.new("http://127.0.0.1:8080", System.fetch_env!("GONFALON_ADMIN_TOKEN"))
      {:ok, flag, revision} = Gonfalon.Admin.enable_flag(admin, :new_checkout, %{for_group: "staff"})
      Gonfalon.wait_for(revision, 5000)

  Every function may be given `if_match:` (the `version` that a document had), `on_behalf_of:`, `dry_run: true` and `env:`, where the
  control plane's OpenAPI document has them. `request/5` makes any other request of that document.
  """

  alias Gonfalon.{ApiError, Endpoint, HTTP, JSON, Wire}

  @limit 64 * 1024 * 1024
  @timeout 32_000

  @enforce_keys [:endpoint, :token]
  defstruct [:endpoint, :token, environment: "default", tls: []]

  @type t :: %__MODULE__{}
  @type key :: atom | String.t()
  @type result :: {:ok, term, non_neg_integer | nil} | {:error, ApiError.t()}

  defimpl Inspect do
    def inspect(admin, _), do: "#Gonfalon.Admin<#{admin.endpoint}>"
  end

  @doc "Makes an admin of a server. Options: `environment` (`\"default\"`) and `tls`, as of a client."
  @spec new(String.t(), String.t(), keyword) :: t
  def new(endpoint, token, options \\ []) do
    struct!(%__MODULE__{endpoint: endpoint |> Endpoint.check!() |> String.trim_trailing("/"), token: token}, options)
  end

  @doc "Returns a page of the flags. `query` has `limit`, `cursor`, `search`, `state` …"
  @spec list_flags(t, map, keyword) :: result
  def list_flags(admin, query \\ %{}, options \\ []),
    do: request(admin, :get, env(admin, options, "/flags") <> query(query), nil, options)

  @doc "Returns one flag's document."
  @spec get_flag(t, key, keyword) :: result
  def get_flag(admin, key, options \\ []), do: request(admin, :get, flag(admin, key, options), nil, options)

  @doc "Stores a whole flag."
  @spec put_flag(t, key, map, keyword) :: result
  def put_flag(admin, key, document, options \\ []),
    do: request(admin, :put, flag(admin, key, options), document, options)

  @doc "Deletes a flag that no other flag requires."
  @spec delete_flag(t, key, keyword) :: result
  def delete_flag(admin, key, options \\ []), do: request(admin, :delete, flag(admin, key, options), nil, options)

  for {name, path, about} <- [
        {:enable_flag, "enable", "Turns a flag on, for everybody or for a scope."},
        {:disable_flag, "disable", "Turns a flag off, for everybody, an actor, a group or a percentage."},
        {:clear_flag, "clear", "Removes a gate, or all of them with `%{}`."},
        {:put_variants, "variants", "Replaces a flag's variants."},
        {:kill_flag, "kill", "Turns a flag off, whatever its gates say; the gates stay."},
        {:revive_flag, "revive", "Undoes a kill."}
      ] do
    @doc about
    @spec unquote(name)(t, key, map, keyword) :: result
    def unquote(name)(admin, key, body \\ %{}, options \\ []) do
      request(admin, :post, flag(admin, key, options) <> "/" <> unquote(path), body, options)
    end
  end

  @doc "Stores a segment."
  @spec put_segment(t, key, map, keyword) :: result
  def put_segment(admin, key, document, options \\ []),
    do: request(admin, :put, segment(admin, key, options), document, options)

  @doc "Returns one segment's document."
  @spec get_segment(t, key, keyword) :: result
  def get_segment(admin, key, options \\ []), do: request(admin, :get, segment(admin, key, options), nil, options)

  @doc "Deletes a segment."
  @spec delete_segment(t, key, keyword) :: result
  def delete_segment(admin, key, options \\ []), do: request(admin, :delete, segment(admin, key, options), nil, options)

  @doc "Returns settings, flags and segments as one document."
  @spec export(t, keyword) :: result
  def export(admin, options \\ []), do: request(admin, :get, env(admin, options, "/export"), nil, options)

  @doc "Makes any request of the OpenAPI document, by its path. The body is a map; so is the answer, or nil if it has none."
  @spec request(t, atom, String.t(), map | nil, keyword) :: result
  def request(admin, method, path, body \\ nil, options \\ []) do
    headers = [
      {"authorization", "Bearer " <> admin.token},
      {"accept", "application/json"},
      {"user-agent", "gonfalon-elixir/#{Gonfalon.version()}"}
    ]

    conditions =
      for {name, header} <- [if_match: "if-match", if_none_match: "if-none-match"],
          value = options[name],
          do: {header, "\"#{value}\""}

    behalf = if who = options[:on_behalf_of], do: [{"x-gonfalon-on-behalf-of", Wire.segment(who)}], else: []

    path =
      if options[:dry_run],
        do: path <> if(String.contains?(path, "?"), do: "&", else: "?") <> "dry_run=true",
        else: path

    written = body && JSON.encode(body)

    case HTTP.exchange(
           method,
           admin.endpoint <> path,
           headers ++ conditions ++ behalf,
           written,
           admin.tls,
           @limit,
           @timeout
         ) do
      {:ok, status, headers, text} when status in 200..299 -> answer(headers, text)
      {:ok, status, _, text} -> {:error, problem(status, text, admin.token)}
      {:error, reason} -> {:error, %ApiError{title: Wire.quoted(reason, admin.token)}}
    end
  end

  defp answer(headers, text) do
    with {:ok, document} <- if(text == "", do: {:ok, nil}, else: JSON.decode(text)) do
      {:ok, document, revision(headers, document)}
    else
      {:error, where} -> {:error, %ApiError{title: "the answer can't be read at byte #{where}"}}
    end
  end

  defp revision(headers, document) do
    case Integer.parse(headers["x-gonfalon-revision"] || "") do
      {revision, ""} -> revision
      _ -> if is_map(document), do: document["revision"]
    end
  end

  # A server may send the token back, and errors are logged.
  defp problem(status, text, token) do
    told = fn text -> if is_binary(text), do: Wire.hidden(text, token) end

    case JSON.decode(text) do
      {:ok, %{} = found} ->
        %ApiError{
          status: status,
          type: told.(found["type"]),
          title: told.(found["title"]),
          detail: told.(found["detail"])
        }

      _ ->
        %ApiError{status: status}
    end
  end

  defp env(admin, options, path),
    do: "/v1/envs/#{Wire.segment(Endpoint.check_environment!(to_string(options[:env] || admin.environment)))}#{path}"

  defp flag(admin, key, options), do: env(admin, options, "/flags/" <> Wire.segment(to_string(key)))
  defp segment(admin, key, options), do: env(admin, options, "/segments/" <> Wire.segment(to_string(key)))
  defp query(query), do: if(map_size(query) == 0, do: "", else: "?" <> URI.encode_query(query))

  @doc false
  # What the two compatible modules ask for: a change by its verb, and the documents. A test's flags answer the same.
  def write(admin, :enable, key, body), do: enable_flag(admin, key, body)
  def write(admin, :disable, key, body), do: disable_flag(admin, key, body)
  def write(admin, :clear, key, body), do: clear_flag(admin, key, body)
  def write(admin, :variants, key, body), do: put_variants(admin, key, body)
  def write(admin, :segment, key, body), do: put_segment(admin, key, body)

  @doc false
  def document(admin, key), do: get_flag(admin, key)
  @doc false
  def documents(admin), do: export(admin)
  @doc false
  def evaluated(admin), do: evaluated(admin, %{limit: 1000}, [])

  defp evaluated(admin, query, found) do
    with {:ok, page, _} <- list_flags(admin, query) do
      found = found ++ Enum.map(page["flags"], &{&1["key"], &1["last_evaluated"]})
      if page["next"], do: evaluated(admin, Map.put(query, :cursor, page["next"]), found), else: {:ok, found}
    end
  end
end
