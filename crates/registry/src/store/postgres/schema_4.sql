-- Until when a try to post to a webhook is somebody's: also where the next one is asked for meanwhile.
ALTER TABLE webhooks ADD COLUMN claimed_until BIGINT;
