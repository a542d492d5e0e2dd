-- A token's codes are made from the time, in steps of `period` seconds, or in steps of 30 or 60
-- seconds, whichever the first good code tells (then the period is 0), or from a counter (0 too).
-- A device of its own has neither a device's name nor a platform: both are empty.

ALTER TABLE tokens ADD COLUMN otp TEXT NOT NULL DEFAULT 'totp';
