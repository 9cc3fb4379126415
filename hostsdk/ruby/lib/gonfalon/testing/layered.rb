# frozen_string_literal: true

module Gonfalon
  # Flags that a test set, over those of a base. A flag's prerequisites are looked for in its own layer.
  class LayeredEngine
    def initialize(top, base)
      @top = top
      @base = base
      @over = top.keys.to_h { |key| [key, true] }
    end

    def data
      @top.data
    end

    def info
      @top.info
    end

    def keys
      (@over.keys | @base.keys).sort_by(&:b)
    end

    def evaluate(key, *asking)
      of(key).evaluate(key, *asking)
    end

    def decide(key, *asking)
      of(key).decide(key, *asking)
    end

    def decide_all(keys, *asking)
      (keys || self.keys).map { |key| decide(key, *asking) }
    end

    def explain(key, *asking)
      of(key).explain(key, *asking)
    end

    def take_usage
      @base.take_usage.merge(@top.take_usage)
    end

    # The base stays, for the next layer.
    def retire
      @top.retire
    end

    def forked
      @top.forked
      @base.forked
    end

    private

    def of(key)
      @over.key?(key.to_s) ? @top : @base
    end
  end
  private_constant :LayeredEngine
end
