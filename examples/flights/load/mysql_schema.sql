-- The tables of the demo's private server.
CREATE DATABASE nycflights CHARACTER SET utf8mb4;
USE nycflights;
CREATE TABLE airlines (carrier CHAR(2) PRIMARY KEY, name VARCHAR(80) NOT NULL);
CREATE TABLE airports (
    faa CHAR(3) PRIMARY KEY, name VARCHAR(100) NOT NULL, lat DOUBLE, lon DOUBLE, alt INT,
    tz INT, dst CHAR(1), tzone VARCHAR(40));
CREATE TABLE planes (
    tailnum VARCHAR(8) PRIMARY KEY, year SMALLINT, type VARCHAR(40), manufacturer VARCHAR(60),
    model VARCHAR(40), engines TINYINT UNSIGNED, seats SMALLINT UNSIGNED, speed SMALLINT, engine VARCHAR(40));
CREATE TABLE weather (
    origin CHAR(3), year SMALLINT, month TINYINT, day TINYINT, hour TINYINT, temp DOUBLE, dewp DOUBLE,
    humid DOUBLE, wind_dir SMALLINT, wind_speed DOUBLE, wind_gust DOUBLE, precip DOUBLE,
    pressure DOUBLE, visib DOUBLE, time_hour DATETIME);
CREATE TABLE flights (
    year SMALLINT, month TINYINT, day TINYINT, dep_time SMALLINT, sched_dep_time SMALLINT,
    dep_delay SMALLINT, arr_time SMALLINT, sched_arr_time SMALLINT, arr_delay SMALLINT,
    carrier CHAR(2), flight SMALLINT, tailnum VARCHAR(8), origin CHAR(3), dest CHAR(3),
    air_time SMALLINT, distance SMALLINT, hour TINYINT, minute TINYINT, time_hour DATETIME);
