-- heard: when each kind of event was heard last. Grain: (source, type, channel, site).
select source, type, channel, site, last_us from internal.heard
