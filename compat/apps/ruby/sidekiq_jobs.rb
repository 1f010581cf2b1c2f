# Sidekiq's jobs and what its server and its client are told.

require 'sidekiq'

redis = { url: "redis://127.0.0.1:#{ENV.fetch('APP_SURVIVOR')}/#{ENV.fetch('APP_DB')}", timeout: ENV.fetch('APP_TIMEOUT_S').to_i }
Sidekiq.configure_server { |config| config.redis = redis }
Sidekiq.configure_client { |config| config.redis = redis }
# How often scheduled jobs are looked for, s.
Sidekiq.options[:poll_interval_average] = 1

JOURNAL = "#{ENV.fetch('APP_DIR')}/journal".freeze

# A job's own note that it ran: outside of the server, in one write.
def ran(job)
  File.open(JOURNAL, 'ab') { |file| file.syswrite("#{job}\n") }
end

# How often each job ran.
def runs
  File.exist?(JOURNAL) ? File.readlines(JOURNAL, chomp: true).tally : {}
end

class Note
  include Sidekiq::Worker

  def perform(number)
    ran(number)
  end
end

# Fails the first time.
class Flaky
  include Sidekiq::Worker
  sidekiq_retry_in { 1 }

  def perform(number)
    unless runs.key?("tried-#{number}")
      ran("tried-#{number}")
      raise 'on purpose'
    end
    ran(number)
  end
end
