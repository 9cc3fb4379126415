Logger.configure(level: if(System.get_env("GONFALON_LOG"), do: :debug, else: :none))
Gonfalon.Test.start()
ExUnit.start(assert_receive_timeout: 10_000)
