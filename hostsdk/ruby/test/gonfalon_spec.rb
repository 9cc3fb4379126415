# frozen_string_literal: true

require "gonfalon/rspec"

# testing_rspec_test.rb runs this.
RSpec.describe "gonfalon_flags" do
  it "is the example's own" do
    gonfalon_flags.enable(:new_checkout, for_group: "staff")
    expect(gonfalon_flags.enabled?(:new_checkout, "user:3", groups: ["staff"])).to be true
  end

  it "forgets what another example set" do
    expect(gonfalon_flags.enabled?(:new_checkout, "user:3", groups: ["staff"])).to be false
  end

  it "has what the metadata says", gonfalon: { new_checkout: true, hero: "blue" } do
    expect(gonfalon_flags).to be_enabled(:new_checkout)
    expect(gonfalon_flags.variant(:hero, "user:3")).to eq "blue"
  end
end
