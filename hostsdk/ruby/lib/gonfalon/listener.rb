# frozen_string_literal: true

module Gonfalon
  # A program's block that is called with events, in a thread of its own: one that blocks, raises or closes the client keeps neither the
  # source nor the other listeners from going on.
  class Listener
    MOST = 1000 # events that wait for a listener; later ones are dropped, and it is said once

    def initialize(block, log)
      @block = block
      @log = log
      @waiting = Queue.new
      @lock = Mutex.new
    end

    # Hands the listener an event.
    def tell(event)
      return @log.once(:warn, "a listener is #{MOST} events late; it misses some", self) if @waiting.size >= MOST

      @waiting << event
      @lock.synchronize { @thread = Thread.new { run(@waiting) } unless @thread&.alive? } # the first time, and in a child process
    rescue ClosedQueueError, ThreadError # it has ended, or this is a trap handler
      nil
    end

    # Calls the listener with an event now, in this thread.
    def call(event)
      Thread.handle_interrupt(Stop => :never) { @block.call(event) }
    rescue Failure => e
      @log.error("a listener failed on #{event.class}: #{Log.describe(e)}")
    end

    # Ends the listener once it has what waits for it; waits for that at most so many seconds, but not in the listener itself.
    def close(seconds = 0)
      @waiting.close
      @thread&.join(seconds) unless @thread.equal?(Thread.current)
    end

    private

    def run(waiting)
      Thread.current.name = "gonfalon-listener"
      Thread.current.report_on_exception = false
      while (event = waiting.pop)
        call(event)
      end
    end
  end
  private_constant :Listener
end
