# frozen_string_literal: true

require "digest"

module Gonfalon
  # Returns the actor's place in [0, 1) for the flag with this key, whether or not there is such a flag: what
  # percentages and variants go by. nil for an actor without a key, and for nobody.
  def self.score(key, actor)
    id = Context.of(actor, nil, nil).actor
    return nil unless String === id

    Digest::SHA256.digest(id + Values.text(key.to_s)).unpack1("n").fdiv(Packed::SCORES)
  end
end
