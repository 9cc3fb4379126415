# frozen_string_literal: true

module Gonfalon
  # Looks at the clock for a client: a state that time changes, and schedules that open or close.
  class Ticker
    LOOK = 60.0 # seconds between two looks at the clock, which may be set, and stands still while a machine sleeps

    def initialize(store, status)
      @store = store
      @status = status
    end

    # Tells of what time changes, until it is stopped.
    def run
      moves = 0
      loop do
        moves = @status.rest(moves, [@status.due, until_edge].compact.min)
        @status.settle
      end
    end

    private

    # Tells which schedules have opened or closed since the last look, while anybody listens. Returns the seconds
    # until the next look.
    def until_edge
      engine = @store.engine if @status.heard?
      schedules = @schedules if engine&.data.equal?(@data)
      if engine.nil? || (schedules.nil? && !Schedules.any?(engine.data))
        @data = @schedules = nil
        return nil
      end
      unless schedules
        @seen = [@store.served_at, @status.heard_at].max if @schedules.nil?
        @data = engine.data
        @schedules = schedules = Schedules.new(@data)
      end
      look(schedules)
    end

    def look(schedules)
      now = Engine.now
      # A clock that was set back makes schedules open and close again.
      flags = schedules.passed([@seen, now].min, [@seen, now].max)
      @seen = now
      @store.tell(flags)
      edge = schedules.next(now)
      edge && [(edge - Engine.now) / 1e6, LOOK].min.clamp(0.001, LOOK)
    end
  end
  private_constant :Ticker
end
