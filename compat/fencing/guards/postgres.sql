-- A row that remembers the highest token that has written it: a trigger refuses whoever comes with a lower one, whatever statement he uses.
CREATE TABLE guarded (id text PRIMARY KEY, value text, token bigint NOT NULL DEFAULT 0);

CREATE FUNCTION refuse_late_holders() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.token < OLD.token THEN
        RAISE EXCEPTION 'FENCED: token % is lower than %', NEW.token, OLD.token;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER refuse_late_holders BEFORE UPDATE ON guarded FOR EACH ROW EXECUTE FUNCTION refuse_late_holders();

-- Who cannot add a trigger puts the same into the statement, and looks at the number of rows:
--   UPDATE guarded SET value = $1, token = $2 WHERE id = $3 AND token <= $2
