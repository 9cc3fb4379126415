# frozen_string_literal: true

require "monitor"

# Waits for what a client becomes.
class Watcher
  attr_reader :events

  def initialize(flags)
    @events = []
    @read = 0 # events that next_change has passed
    @lock = Monitor.new
    @changed = @lock.new_cond
    flags.subscribe { |event| hear(event) }
  end

  # Returns the next event about a change of flags, once it has come.
  def next_change
    at = nil
    until_true { at = (@read...@events.size).find { |i| Gonfalon::FlagsChanged === @events[i] } }
    @read = at + 1
    @events[at]
  end

  # Waits until the block is true. It is looked at after each event, and now and then for what has none.
  def until_true
    @lock.synchronize do
      1000.times do
        return if yield

        @changed.wait(0.01)
      end
    end
    raise "it never came to be; events: #{@events.inspect}"
  end

  private

  def hear(event)
    @lock.synchronize do
      @events << event
      @changed.broadcast
    end
  end
end
