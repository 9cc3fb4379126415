# frozen_string_literal: true

module Gonfalon
  # Restarts the clients in a child process. Ruby calls _fork for every way to fork, and daemon for the one that it doesn't count as such.
  module Fork
    def _fork
      super.tap { |pid| Client.forked if pid.zero? }
    end

    def daemon(...)
      super.tap { Client.forked }
    end
  end
  private_constant :Fork

  Process.singleton_class.prepend(Fork)
end
