SET 'pipeline.name' = 'formats';
CREATE TABLE t (
  id BIGINT, k STRING, v DECIMAL(10, 2), at TIMESTAMP(3), WATERMARK FOR at AS at
) WITH ('connector' = 'filesystem', 'path' = 'in.json', 'format' = 'json');
CREATE TABLE g (
  k STRING, n BIGINT, d BIGINT, most DECIMAL(10, 2), total DECIMAL(38, 2),
  PRIMARY KEY (k) NOT ENFORCED
) WITH ('connector' = 'changelog-out', 'path' = 'out/groups', 'mode' = 'retract');
CREATE TABLE w (ends TIMESTAMP(3), k STRING, n BIGINT, mean DECIMAL(38, 6))
WITH ('connector' = 'changelog-out', 'path' = 'out/windows', 'mode' = 'retract');
CREATE TABLE f (id BIGINT, v DECIMAL(10, 2), k STRING) PARTITIONED BY (k)
WITH ('connector' = 'filesystem', 'path' = 'out/files', 'format' = 'csv');
EXECUTE STATEMENT SET BEGIN
INSERT INTO g
SELECT k, COUNT(*), COUNT(DISTINCT MOD(id, 7)), MAX(v), SUM(v) FROM t GROUP BY k;
INSERT INTO w
SELECT window_end, k, COUNT(*), AVG(v)
FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(at), INTERVAL '10' SECOND))
GROUP BY window_start, window_end, k;
INSERT INTO f SELECT id, v, k FROM t;
END;
