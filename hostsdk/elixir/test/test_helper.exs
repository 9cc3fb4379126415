Logger.configure(level: if(System.get_env("GONFALON_LOG"), do: :debug, else: :none))
:telemetry.start()
Gonfalon.Test.start()
ExUnit.start(assert_receive_timeout: 10_000)

# The last line, for who reads it by machine. What tests have written, of which each server's data are 128 MB, stays if one has failed.
ExUnit.after_suite(fn result ->
  if result.failures == 0, do: File.rm_rf!("tmp")
  IO.puts("\n#{result.total - result.failures - result.skipped - result.excluded} passed, #{result.failures} failed")
end)
