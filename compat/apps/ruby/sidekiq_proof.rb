# Sidekiq at a node that survives: jobs, scheduled ones, bulk, and retries. `suite.py` says what a proof is told and what it has to do.

require_relative 'sidekiq_jobs'
require 'json'

finish_s = ENV.fetch('APP_FINISH_S').to_i
log = "#{ENV.fetch('APP_DIR')}/worker.log"
worker = spawn('sidekiq', '-r', "#{__dir__}/sidekiq_jobs.rb", '-c', '3', in: File::NULL, out: log, err: log)
at_exit do
  Process.kill('KILL', worker)
  warn(File.read(log)[-3000..]) if $! && !$!.is_a?(SystemExit)
end

ended = false
Thread.new do
  $stdin.read
  ended = true
end
wanted = []
number = 0
until ended
  case number % 8
  when 2 then Note.perform_in(1, number)
  when 4
    Flaky.perform_async(number)
    wanted << "tried-#{number}"
  when 6
    Sidekiq::Client.push_bulk('class' => Note, 'args' => [["#{number}-a"], ["#{number}-b"]])
    wanted.push("#{number}-a", "#{number}-b")
    Note.perform_async(number)
  else Note.perform_async(number)
  end
  wanted << number.to_s
  number += 1
  if number == 5
    puts 'ready'
    $stdout.flush
  end
  sleep ENV.fetch('APP_EVERY_MS').to_i / 1000.0
end
raise "the load did #{number} steps only" unless number > 7

limit = Time.now + finish_s
until (missing = wanted - runs.keys).empty?
  raise "not in time: runs of #{missing}" if Time.now > limit

  sleep 0.05
end
again = runs.select { |_, count| count > 1 }
raise "ran again: #{again}" unless again.empty?

require 'sidekiq/api'
# The job is counted when it is over, and counts are written every ten seconds.
raise 'jobs are left' unless Sidekiq::Queue.new.size.zero? && Sidekiq::DeadSet.new.size.zero?

puts JSON.generate(jobs: wanted.size, processes: Sidekiq::ProcessSet.new.size)
