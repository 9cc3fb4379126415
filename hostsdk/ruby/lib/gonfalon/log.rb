# frozen_string_literal: true

require "logger"

module Gonfalon
  # The program's log, or warnings on standard error. A log that raises keeps no decision from being made, and one
  # that rescues whatever comes, as Ruby's own does, keeps no worker from being stopped.
  class Log
    def initialize(logger)
      @logger = logger || Logger.new($stderr, level: Logger::WARN, progname: "gonfalon")
    end

    %i[info warn error].each do |level|
      define_method(level) do |message|
        Thread.handle_interrupt(Stop => :never) { @logger.public_send(level, message) }
      rescue *FAILURES
        nil
      end
    end
  end
  private_constant :Log
end
