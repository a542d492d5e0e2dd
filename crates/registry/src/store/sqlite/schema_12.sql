-- Whether an activation's confirmation code opens the access of somebody who has no token, and what
-- was asked of the app's PIN. Of one that was begun before this was kept, the code opens nothing.

ALTER TABLE activations ADD COLUMN opens_access INTEGER NOT NULL DEFAULT 0;
ALTER TABLE activations ADD COLUMN pin_length INTEGER NOT NULL DEFAULT 4;
