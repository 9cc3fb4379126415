# frozen_string_literal: true

require "digest"

module Gonfalon
  # Returns the actor's place in [0, 1) for the flag with this key, whether or not there is such a flag: what
  # percentages and variants go by. nil for an actor without a key, for nobody, and for a key that is no text.
  def self.score(key, actor)
    id = Context.of(actor, nil, nil).actor
    key = key.name if Symbol === key
    return nil unless String === id && String === key

    Digest::SHA256.digest(id + Values.text(key)).unpack1("n").fdiv(Packed::SCORES)
  rescue Failure # a context of which nothing is known
    nil
  end
end
