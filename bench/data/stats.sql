-- What the triggers would have counted, by the same function.
insert into org_daily_stats (org_id, day, total, inbound, outbound, web, in_progress, completed, missed, transferred,
  voicemail, failed, cancelled, unknown, timed, duration_seconds, positive, neutral, negative, scored, sentiment_score,
  booked, cost_micros)
select s.org_id, s.day, sum(s.total), sum(s.inbound), sum(s.outbound), sum(s.web), sum(s.in_progress), sum(s.completed),
  sum(s.missed), sum(s.transferred), sum(s.voicemail), sum(s.failed), sum(s.cancelled), sum(s.unknown), sum(s.timed),
  sum(s.duration_seconds), sum(s.positive), sum(s.neutral), sum(s.negative), sum(s.scored), sum(s.sentiment_score),
  sum(s.booked), sum(s.cost_micros)
from call_logs c
join organizations o on o.id = c.org_id
cross join lateral app.stats_of(c, o.timezone) s
where not c.is_test
group by s.org_id, s.day
