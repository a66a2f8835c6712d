-- Timestamps in the file are 'yyyy-MM-dd HH:mm:ss.SSS' (json.timestamp-format.standard = SQL).
CREATE TEMPORARY TABLE nexmark_events (
  event_type INT,
  person  ROW<id BIGINT, name STRING, emailAddress STRING, creditCard STRING,
              city STRING, state STRING, `dateTime` TIMESTAMP(3), extra STRING>,
  auction ROW<id BIGINT, itemName STRING, description STRING, initialBid BIGINT, reserve BIGINT,
              `dateTime` TIMESTAMP(3), expires TIMESTAMP(3), seller BIGINT, category BIGINT, extra STRING>,
  bid     ROW<auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING,
              `dateTime` TIMESTAMP(3), extra STRING>,
  `dateTime` AS CASE event_type WHEN 0 THEN person.`dateTime`
                                WHEN 1 THEN auction.`dateTime`
                                ELSE bid.`dateTime` END,
  WATERMARK FOR `dateTime` AS `dateTime` - INTERVAL '4' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = 'events.json',
  'format' = 'json',
  'json.timestamp-format.standard' = 'SQL'
);

CREATE TEMPORARY VIEW person AS
  SELECT e.person.id AS id, e.person.name AS name, e.person.emailAddress AS emailAddress,
         e.person.creditCard AS creditCard, e.person.city AS city, e.person.state AS state,
         e.`dateTime` AS `dateTime`, e.person.extra AS extra
  FROM nexmark_events AS e WHERE e.event_type = 0;

CREATE TEMPORARY VIEW auction AS
  SELECT e.auction.id AS id, e.auction.itemName AS itemName, e.auction.description AS description,
         e.auction.initialBid AS initialBid, e.auction.reserve AS reserve, e.`dateTime` AS `dateTime`,
         e.auction.expires AS expires, e.auction.seller AS seller, e.auction.category AS category,
         e.auction.extra AS extra
  FROM nexmark_events AS e WHERE e.event_type = 1;

CREATE TEMPORARY VIEW bid AS
  SELECT e.bid.auction AS auction, e.bid.bidder AS bidder, e.bid.price AS price,
         e.bid.channel AS channel, e.bid.url AS url, e.`dateTime` AS `dateTime`, e.bid.extra AS extra
  FROM nexmark_events AS e WHERE e.event_type = 2;

-- q0: pass every bid through.
CREATE TEMPORARY TABLE out_q0 (auction BIGINT, bidder BIGINT, price BIGINT, `dateTime` TIMESTAMP(3), extra STRING)
WITH ('connector' = 'blackhole');
INSERT INTO out_q0 SELECT auction, bidder, price, `dateTime`, extra FROM bid;

-- timing probe: read and split lines only (format raw), no JSON parse, no watermark.
CREATE TEMPORARY TABLE raw_in (line STRING) WITH ('connector' = 'filesystem', 'path' = 'events.json', 'format' = 'raw');
CREATE TEMPORARY TABLE out_raw (line STRING) WITH ('connector' = 'blackhole');
INSERT INTO out_raw SELECT line FROM raw_in;

-- q1: dollars to euros with an exact decimal factor.
CREATE TEMPORARY TABLE out_q1 (auction BIGINT, bidder BIGINT, price DECIMAL(23, 3), `dateTime` TIMESTAMP(3), extra STRING)
WITH ('connector' = 'blackhole');
INSERT INTO out_q1 SELECT auction, bidder, 0.908 * price, `dateTime`, extra FROM bid;

-- q2: bids on every 123rd auction.
CREATE TEMPORARY TABLE out_q2 (auction BIGINT, price BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO out_q2 SELECT auction, price FROM bid WHERE MOD(auction, 123) = 0;

-- q3: sellers in three states with an auction in category 10 (unwindowed stream-stream join).
CREATE TEMPORARY TABLE out_q3 (name STRING, city STRING, state STRING, id BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO out_q3
SELECT p.name, p.city, p.state, a.id
FROM auction AS a JOIN person AS p ON p.id = a.seller
WHERE a.category = 10 AND (p.state = 'OR' OR p.state = 'ID' OR p.state = 'CA');

-- q4: per category, the average over auctions of the highest valid bid (BIGINT average: truncated).
CREATE TEMPORARY TABLE out_q4 (id BIGINT, final BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO out_q4
SELECT w.category, AVG(w.final)
FROM (
  SELECT MAX(b.price) AS final, a.category
  FROM auction AS a, bid AS b
  WHERE a.id = b.auction AND b.`dateTime` BETWEEN a.`dateTime` AND a.expires
  GROUP BY a.id, a.category
) AS w
GROUP BY w.category;

-- q5: hottest auction(s) per 10 s window sliding by 2 s; ties are all kept.
CREATE TEMPORARY TABLE out_q5 (auction BIGINT, num BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO out_q5
SELECT c.auction, c.num
FROM (
  SELECT auction, COUNT(*) AS num, window_start AS ws, window_end AS we
  FROM TABLE(HOP(TABLE bid, DESCRIPTOR(`dateTime`), INTERVAL '2' SECOND, INTERVAL '10' SECOND))
  GROUP BY auction, window_start, window_end
) AS c
JOIN (
  SELECT MAX(k.num) AS maxn, k.ws, k.we
  FROM (
    SELECT COUNT(*) AS num, window_start AS ws, window_end AS we
    FROM TABLE(HOP(TABLE bid, DESCRIPTOR(`dateTime`), INTERVAL '2' SECOND, INTERVAL '10' SECOND))
    GROUP BY auction, window_start, window_end
  ) AS k
  GROUP BY k.ws, k.we
) AS m
ON c.ws = m.ws AND c.we = m.we AND c.num >= m.maxn;

-- q5a: the inner part of q5, bids per auction per 10 s window sliding by 2 s (ours, for a first stage and for benchmarks).
CREATE TEMPORARY TABLE out_q5a (auction BIGINT, num BIGINT, window_start TIMESTAMP(3), window_end TIMESTAMP(3)) WITH ('connector' = 'blackhole');
INSERT INTO out_q5a
SELECT auction, COUNT(*), window_start, window_end
FROM TABLE(HOP(TABLE bid, DESCRIPTOR(`dateTime`), INTERVAL '2' SECOND, INTERVAL '10' SECOND))
GROUP BY auction, window_start, window_end;

-- q6: NOT RUNNABLE in Flink streaming (OVER ordering must be a time attribute; input is updating).
-- Intended meaning: per seller, average winning price over the last 10 closed auctions.
CREATE TEMPORARY TABLE out_q6 (seller BIGINT, avg_price BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO out_q6
SELECT w.seller,
       AVG(w.price) OVER (PARTITION BY w.seller ORDER BY w.`dateTime` ROWS BETWEEN 10 PRECEDING AND CURRENT ROW)
FROM (
  SELECT *
  FROM (
    SELECT j.*, ROW_NUMBER() OVER (PARTITION BY j.id, j.seller ORDER BY j.price DESC) AS rn
    FROM (
      SELECT a.id, a.seller, b.price, b.`dateTime`
      FROM auction AS a, bid AS b
      WHERE a.id = b.auction AND b.`dateTime` BETWEEN a.`dateTime` AND a.expires
    ) AS j
  )
  WHERE rn <= 1
) AS w;

-- q7: highest bid(s) per 10 s tumbling window. NOTE the projection order (auction, price, bidder) is
-- matched to the sink by position, so the sink's `bidder` column receives the price and vice versa.
CREATE TEMPORARY TABLE out_q7 (auction BIGINT, bidder BIGINT, price BIGINT, `dateTime` TIMESTAMP(3), extra STRING)
WITH ('connector' = 'blackhole');
INSERT INTO out_q7
SELECT b.auction, b.price, b.bidder, b.`dateTime`, b.extra
FROM bid AS b
JOIN (
  SELECT MAX(price) AS maxprice, window_end AS `dateTime`
  FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(`dateTime`), INTERVAL '10' SECOND))
  GROUP BY window_start, window_end
) AS m ON b.price = m.maxprice
WHERE b.`dateTime` BETWEEN m.`dateTime` - INTERVAL '10' SECOND AND m.`dateTime`;

-- q7a: the window part of q7, highest price per 10 s window (ours, for a first stage and for benchmarks).
CREATE TEMPORARY TABLE out_q7a (price BIGINT, window_start TIMESTAMP(3), window_end TIMESTAMP(3)) WITH ('connector' = 'blackhole');
INSERT INTO out_q7a
SELECT MAX(price), window_start, window_end
FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(`dateTime`), INTERVAL '10' SECOND))
GROUP BY window_start, window_end;

-- q8: people who registered and opened an auction in the same 10 s tumbling window.
CREATE TEMPORARY TABLE out_q8 (id BIGINT, name STRING, stime TIMESTAMP(3)) WITH ('connector' = 'blackhole');
INSERT INTO out_q8
SELECT p.id, p.name, p.ws
FROM (
  SELECT id, name, window_start AS ws, window_end AS we
  FROM TABLE(TUMBLE(TABLE person, DESCRIPTOR(`dateTime`), INTERVAL '10' SECOND))
  GROUP BY id, name, window_start, window_end
) AS p
JOIN (
  SELECT seller, window_start AS ws, window_end AS we
  FROM TABLE(TUMBLE(TABLE auction, DESCRIPTOR(`dateTime`), INTERVAL '10' SECOND))
  GROUP BY seller, window_start, window_end
) AS a ON p.id = a.seller AND p.ws = a.ws AND p.we = a.we;

-- q8a: bids and distinct bidders per channel in cumulating windows of a minute, step 10 s (ours; dear bids only).
CREATE TEMPORARY TABLE out_q8a (channel STRING, bids BIGINT, bidders BIGINT, window_start TIMESTAMP(3), window_end TIMESTAMP(3)) WITH ('connector' = 'blackhole');
INSERT INTO out_q8a
SELECT channel, COUNT(*), COUNT(DISTINCT bidder), window_start, window_end
FROM TABLE(CUMULATE(TABLE bid, DESCRIPTOR(`dateTime`), INTERVAL '10' SECOND, INTERVAL '1' MINUTE))
WHERE price > 1000000
GROUP BY channel, window_start, window_end;

-- q9: winning bid per auction (highest price, earliest on equal price).
CREATE TEMPORARY TABLE out_q9 (
  id BIGINT, itemName STRING, description STRING, initialBid BIGINT, reserve BIGINT, `dateTime` TIMESTAMP(3),
  expires TIMESTAMP(3), seller BIGINT, category BIGINT, extra STRING,
  auction BIGINT, bidder BIGINT, price BIGINT, bid_dateTime TIMESTAMP(3), bid_extra STRING
) WITH ('connector' = 'blackhole');
INSERT INTO out_q9
SELECT id, itemName, description, initialBid, reserve, `dateTime`, expires, seller, category, extra,
       auction, bidder, price, bid_dateTime, bid_extra
FROM (
  SELECT a.*, b.auction, b.bidder, b.price, b.`dateTime` AS bid_dateTime, b.extra AS bid_extra,
         ROW_NUMBER() OVER (PARTITION BY a.id ORDER BY b.price DESC, b.`dateTime` ASC) AS rn
  FROM auction AS a, bid AS b
  WHERE a.id = b.auction AND b.`dateTime` BETWEEN a.`dateTime` AND a.expires
)
WHERE rn <= 1;

-- q10: bids with day and minute partition columns. Golden run: plain changelog sink with dt,hm as columns.
CREATE TEMPORARY TABLE out_q10 (
  auction BIGINT, bidder BIGINT, price BIGINT, `dateTime` TIMESTAMP(3), extra STRING, dt STRING, hm STRING
) WITH ('connector' = 'blackhole');
INSERT INTO out_q10
SELECT auction, bidder, price, `dateTime`, extra,
       DATE_FORMAT(`dateTime`, 'yyyy-MM-dd'), DATE_FORMAT(`dateTime`, 'HH:mm')
FROM bid;

-- q10 as nexmark has it: partitioned CSV files under out (dt=.../hm=.../part-*).
CREATE TEMPORARY TABLE out_q10_files (
  auction BIGINT, bidder BIGINT, price BIGINT, `dateTime` TIMESTAMP(3), extra STRING, dt STRING, hm STRING
) PARTITIONED BY (dt, hm) WITH (
  'connector' = 'filesystem',
  'path' = 'out',
  'format' = 'csv',
  'partition.time-extractor.timestamp-pattern' = '$dt $hm:00',
  'sink.partition-commit.trigger' = 'partition-time',
  'sink.partition-commit.delay' = '1 min',
  'sink.partition-commit.policy.kind' = 'success-file',
  'sink.rolling-policy.rollover-interval' = '1min',
  'sink.rolling-policy.check-interval' = '1min'
);
INSERT INTO out_q10_files
SELECT auction, bidder, price, `dateTime`, extra,
       DATE_FORMAT(`dateTime`, 'yyyy-MM-dd'), DATE_FORMAT(`dateTime`, 'HH:mm')
FROM bid;

-- q11: bids per bidder session (gap 10 s), legacy group-window syntax.
CREATE TEMPORARY TABLE out_q11 (bidder BIGINT, bid_count BIGINT, starttime TIMESTAMP(3), endtime TIMESTAMP(3))
WITH ('connector' = 'blackhole');
INSERT INTO out_q11
SELECT b.bidder, COUNT(*),
       SESSION_START(b.`dateTime`, INTERVAL '10' SECOND),
       SESSION_END(b.`dateTime`, INTERVAL '10' SECOND)
FROM bid AS b
GROUP BY b.bidder, SESSION(b.`dateTime`, INTERVAL '10' SECOND);

-- q12: bids per bidder per 10 s PROCESSING-time window (no golden result; only sum(bid_count) is fixed).
CREATE TEMPORARY TABLE out_q12 (bidder BIGINT, bid_count BIGINT, starttime TIMESTAMP(3), endtime TIMESTAMP(3))
WITH ('connector' = 'blackhole');
CREATE TEMPORARY VIEW bid_pt AS SELECT *, PROCTIME() AS p_time FROM bid;
INSERT INTO out_q12
SELECT bidder, COUNT(*), window_start, window_end
FROM TABLE(TUMBLE(TABLE bid_pt, DESCRIPTOR(p_time), INTERVAL '10' SECOND))
GROUP BY bidder, window_start, window_end;

-- q13: enrich bids from a bounded side input (10,000 rows "k,k"). Flink's filesystem connector is not a
-- lookup source, so this is a REGULAR join (original: processing-time lookup join); same result multiset.
CREATE TEMPORARY TABLE side_input (k BIGINT, v STRING)
WITH ('connector' = 'filesystem', 'path' = 'side_input.csv', 'format' = 'csv');
CREATE TEMPORARY TABLE out_q13 (auction BIGINT, bidder BIGINT, price BIGINT, `dateTime` TIMESTAMP(3), `value` STRING)
WITH ('connector' = 'blackhole');
INSERT INTO out_q13
SELECT b.auction, b.bidder, b.price, b.`dateTime`, s.v
FROM bid AS b JOIN side_input AS s ON MOD(b.auction, 10000) = s.k;

-- q14: arithmetic, CASE on the hour, and a character count (built-ins in place of the count_char UDF).
CREATE TEMPORARY TABLE out_q14 (
  auction BIGINT, bidder BIGINT, price DECIMAL(23, 3), bidTimeType STRING, `dateTime` TIMESTAMP(3),
  extra STRING, c_counts BIGINT
) WITH ('connector' = 'blackhole');
INSERT INTO out_q14
SELECT auction, bidder, 0.908 * price,
       CASE WHEN HOUR(`dateTime`) >= 8 AND HOUR(`dateTime`) <= 18 THEN 'dayTime'
            WHEN HOUR(`dateTime`) <= 6 OR HOUR(`dateTime`) >= 20 THEN 'nightTime'
            ELSE 'otherTime' END,
       `dateTime`, extra,
       CAST(COALESCE(CHAR_LENGTH(extra) - CHAR_LENGTH(REPLACE(extra, 'c', '')), 0) AS BIGINT)
FROM bid
WHERE 0.908 * price > 1000000 AND 0.908 * price < 50000000;

-- q15: per day, bids / distinct bidders / distinct auctions by price band.
CREATE TEMPORARY TABLE out_q15 (
  `day` STRING, total_bids BIGINT, rank1_bids BIGINT, rank2_bids BIGINT, rank3_bids BIGINT,
  total_bidders BIGINT, rank1_bidders BIGINT, rank2_bidders BIGINT, rank3_bidders BIGINT,
  total_auctions BIGINT, rank1_auctions BIGINT, rank2_auctions BIGINT, rank3_auctions BIGINT
) WITH ('connector' = 'blackhole');
INSERT INTO out_q15
SELECT DATE_FORMAT(`dateTime`, 'yyyy-MM-dd'),
       COUNT(*),
       COUNT(*) FILTER (WHERE price < 10000),
       COUNT(*) FILTER (WHERE price >= 10000 AND price < 1000000),
       COUNT(*) FILTER (WHERE price >= 1000000),
       COUNT(DISTINCT bidder),
       COUNT(DISTINCT bidder) FILTER (WHERE price < 10000),
       COUNT(DISTINCT bidder) FILTER (WHERE price >= 10000 AND price < 1000000),
       COUNT(DISTINCT bidder) FILTER (WHERE price >= 1000000),
       COUNT(DISTINCT auction),
       COUNT(DISTINCT auction) FILTER (WHERE price < 10000),
       COUNT(DISTINCT auction) FILTER (WHERE price >= 10000 AND price < 1000000),
       COUNT(DISTINCT auction) FILTER (WHERE price >= 1000000)
FROM bid
GROUP BY DATE_FORMAT(`dateTime`, 'yyyy-MM-dd');

-- q16: q15 per channel and day, plus the latest minute seen (string max).
CREATE TEMPORARY TABLE out_q16 (
  channel STRING, `day` STRING, `minute` STRING, total_bids BIGINT, rank1_bids BIGINT, rank2_bids BIGINT, rank3_bids BIGINT,
  total_bidders BIGINT, rank1_bidders BIGINT, rank2_bidders BIGINT, rank3_bidders BIGINT,
  total_auctions BIGINT, rank1_auctions BIGINT, rank2_auctions BIGINT, rank3_auctions BIGINT
) WITH ('connector' = 'blackhole');
INSERT INTO out_q16
SELECT channel, DATE_FORMAT(`dateTime`, 'yyyy-MM-dd'), MAX(DATE_FORMAT(`dateTime`, 'HH:mm')),
       COUNT(*),
       COUNT(*) FILTER (WHERE price < 10000),
       COUNT(*) FILTER (WHERE price >= 10000 AND price < 1000000),
       COUNT(*) FILTER (WHERE price >= 1000000),
       COUNT(DISTINCT bidder),
       COUNT(DISTINCT bidder) FILTER (WHERE price < 10000),
       COUNT(DISTINCT bidder) FILTER (WHERE price >= 10000 AND price < 1000000),
       COUNT(DISTINCT bidder) FILTER (WHERE price >= 1000000),
       COUNT(DISTINCT auction),
       COUNT(DISTINCT auction) FILTER (WHERE price < 10000),
       COUNT(DISTINCT auction) FILTER (WHERE price >= 10000 AND price < 1000000),
       COUNT(DISTINCT auction) FILTER (WHERE price >= 1000000)
FROM bid
GROUP BY channel, DATE_FORMAT(`dateTime`, 'yyyy-MM-dd');

-- q17: per auction and day, bid counts by price band and min/max/avg/sum of price.
CREATE TEMPORARY TABLE out_q17 (
  auction BIGINT, `day` STRING, total_bids BIGINT, rank1_bids BIGINT, rank2_bids BIGINT, rank3_bids BIGINT,
  min_price BIGINT, max_price BIGINT, avg_price BIGINT, sum_price BIGINT
) WITH ('connector' = 'blackhole');
INSERT INTO out_q17
SELECT auction, DATE_FORMAT(`dateTime`, 'yyyy-MM-dd'),
       COUNT(*),
       COUNT(*) FILTER (WHERE price < 10000),
       COUNT(*) FILTER (WHERE price >= 10000 AND price < 1000000),
       COUNT(*) FILTER (WHERE price >= 1000000),
       MIN(price), MAX(price), AVG(price), SUM(price)
FROM bid
GROUP BY auction, DATE_FORMAT(`dateTime`, 'yyyy-MM-dd');

-- q18: last bid of each (bidder, auction).
CREATE TEMPORARY TABLE out_q18 (
  auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, `dateTime` TIMESTAMP(3), extra STRING
) WITH ('connector' = 'blackhole');
INSERT INTO out_q18
SELECT auction, bidder, price, channel, url, `dateTime`, extra
FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY bidder, auction ORDER BY `dateTime` DESC) AS rn FROM bid)
WHERE rn <= 1;

-- q19: ten highest bids of each auction, with rank.
CREATE TEMPORARY TABLE out_q19 (
  auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, `dateTime` TIMESTAMP(3), extra STRING,
  rank_number BIGINT
) WITH ('connector' = 'blackhole');
INSERT INTO out_q19
SELECT *
FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY price DESC) AS rn FROM bid)
WHERE rn <= 10;

-- q20: bids joined with their auction, category 10 only.
CREATE TEMPORARY TABLE out_q20 (
  auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, bid_dateTime TIMESTAMP(3), bid_extra STRING,
  itemName STRING, description STRING, initialBid BIGINT, reserve BIGINT, auction_dateTime TIMESTAMP(3),
  expires TIMESTAMP(3), seller BIGINT, category BIGINT, auction_extra STRING
) WITH ('connector' = 'blackhole');
INSERT INTO out_q20
SELECT b.auction, b.bidder, b.price, b.channel, b.url, b.`dateTime`, b.extra,
       a.itemName, a.description, a.initialBid, a.reserve, a.`dateTime`, a.expires, a.seller, a.category, a.extra
FROM bid AS b JOIN auction AS a ON b.auction = a.id
WHERE a.category = 10;

-- q21: channel id from a fixed map or the URL query string.
CREATE TEMPORARY TABLE out_q21 (auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, channel_id STRING)
WITH ('connector' = 'blackhole');
INSERT INTO out_q21
SELECT auction, bidder, price, channel,
       CASE WHEN LOWER(channel) = 'apple' THEN '0'
            WHEN LOWER(channel) = 'google' THEN '1'
            WHEN LOWER(channel) = 'facebook' THEN '2'
            WHEN LOWER(channel) = 'baidu' THEN '3'
            ELSE REGEXP_EXTRACT(url, '(&|^)channel_id=([^&]*)', 2) END
FROM bid
WHERE REGEXP_EXTRACT(url, '(&|^)channel_id=([^&]*)', 2) IS NOT NULL
   OR LOWER(channel) IN ('apple', 'google', 'facebook', 'baidu');

-- q22: the three path directories of the bid URL.
CREATE TEMPORARY TABLE out_q22 (
  auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, dir1 STRING, dir2 STRING, dir3 STRING
) WITH ('connector' = 'blackhole');
INSERT INTO out_q22
SELECT auction, bidder, price, channel,
       SPLIT_INDEX(url, '/', 3), SPLIT_INDEX(url, '/', 4), SPLIT_INDEX(url, '/', 5)
FROM bid;

-- q23: bids by people who also opened auctions (three-way unwindowed join).
CREATE TEMPORARY TABLE out_q23 (
  bidder BIGINT, price BIGINT, channel STRING, url STRING, bid_extra STRING,
  person_id BIGINT, name STRING, emailAddress STRING, creditCard STRING, city STRING, state STRING, person_extra STRING,
  itemName STRING, description STRING, initialBid BIGINT, reserve BIGINT, auction_dateTime TIMESTAMP(3),
  expires TIMESTAMP(3), seller BIGINT, category BIGINT, auction_extra STRING
) WITH ('connector' = 'blackhole');
INSERT INTO out_q23
SELECT b.bidder, b.price, b.channel, b.url, b.extra,
       p.id, p.name, p.emailAddress, p.creditCard, p.city, p.state, p.extra,
       a.itemName, a.description, a.initialBid, a.reserve, a.`dateTime`, a.expires, a.seller, a.category, a.extra
FROM bid AS b
JOIN person AS p ON p.id = b.bidder
JOIN auction AS a ON a.seller = b.bidder;

