# frozen_string_literal: true

module Gonfalon
  # What ends a worker. It arrives only while the worker waits, so that nothing is left half done.
  class Stop < Exception; end # rubocop:disable Lint/InheritException -- nothing that a worker does may rescue it
  private_constant :Stop

  # A thread that follows something until it is stopped.
  #
  # Why: RATIONALE.md "Why are Ruby's workers stopped by an exception?"
  class Worker
    def initialize(name, log)
      @thread = Thread.handle_interrupt(Stop => :on_blocking) do # a thread inherits this
        Thread.new do
          yield
        rescue Stop
          nil
        rescue Failure => e
          log.error("#{name} failed for good: #{Log.describe(e)}")
        end
      end
      @thread.name = name
      @thread.report_on_exception = false
    end

    # Ends the thread, and waits for that, at most for these seconds.
    def stop(seconds)
      return if @thread.equal?(Thread.current)

      @thread.raise(Stop.new)
      @thread.join(seconds)
    rescue ThreadError, Stop # it has ended by itself, or before it began
      nil
    end
  end
  private_constant :Worker
end
