# frozen_string_literal: true

require_relative "helper"
require_relative "tools"

# The gem, built and installed, in an empty project.
class PackageTest < Minitest::Test
  ROOT = File.expand_path("..", __dir__)
  PROGRAM = <<~RUBY
    require "gonfalon"
    require "gonfalon/testing"
    raise "from the tree" if $LOADED_FEATURES.any? { |file| file.start_with?(#{ROOT.dump}) }
    flags = Gonfalon::TestFlags.new
    flags.serve(:hero, "blue")
    puts flags.variant(:hero, "user:3")
  RUBY

  def test_the_gem_installs_and_decides_in_an_empty_project
    Dir.mktmpdir do |folder|
      gem = File.join(folder, "gonfalon.gem")
      execute("sh", File.join(ROOT, "gem.sh"), gem)
      home = File.join(folder, "gems")
      env = { "GEM_HOME" => home, "GEM_PATH" => home, "RUBYOPT" => nil, "RUBYLIB" => nil, "GONFALON_LIBRARY" => nil }
      execute(env, "gem", "install", "--local", "--no-document", gem, chdir: folder)
      project = File.join(folder, "project")
      Dir.mkdir(project)
      File.write(File.join(project, "try.rb"), PROGRAM)
      assert_equal "blue\n", execute(env, RbConfig.ruby, "try.rb", chdir: project)
    end
  end

  def test_the_gem_has_no_dependency
    assert_empty Gem::Specification.load(File.join(ROOT, "gonfalon.gemspec")).dependencies
  end

  private

  def execute(*command, **options)
    output, status = Open3.capture2e(*command, **options)
    assert status.success?, output
    output
  end
end
