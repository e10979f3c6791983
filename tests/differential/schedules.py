"""Writes questions about schedules to stdout, for ScheduleDriver; its answers are
tests/cases/schedule/answers.txt. Usage: schedules.py [SEED] | java … ScheduleDriver > answers.txt"""
import datetime
import json
import random
import sys
import zoneinfo

ZONES = ["UTC", "Asia/Tokyo", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo",
         "+05:30", "-03:00", "Asia/Kolkata", "Pacific/Apia", "Africa/Casablanca", "America/St_Johns"]

CONFIGS = [
    {"daily>": "07:00:00"}, {"daily>": "00:00:00"}, {"daily>": "02:30:00"}, {"daily>": "23:59:59"}, {"daily>": "7:5:3"},
    {"daily>": None, "at": "03:00:00"}, {"daily>": "25:00:00"}, {"daily>": "-1:00:00"},
    {"hourly>": "30:00"}, {"hourly>": "00:00"}, {"hourly>": "59:59"}, {"_type": "hourly", "at": "05:00"},
    {"weekly>": "Sun,09:00:00"}, {"weekly>": "mon,00:00:00"}, {"weekly>": "0,01:00:00"}, {"weekly>": "7,01:00:00"},
    {"weekly>": "Sat, 12:00:00"}, {"_type": "weekly", "at": "Wed,10:00:00"}, {"weekly>": "1-5,06:00:00"},
    {"monthly>": "1,09:00:00"}, {"monthly>": "31,09:00:00"}, {"monthly>": "30,00:00:00"}, {"monthly>": "29,02:00:00"},
    {"minutes_interval>": 5}, {"minutes_interval>": 25}, {"minutes_interval>": 60}, {"minutes_interval>": "30"},
    {"minutes_interval>": 10, "delay": 90}, {"minutes_interval>": 1},
    {"seconds_interval>": 40}, {"seconds_interval>": 1}, {"seconds_interval>": 86400}, {"seconds_interval>": 7, "delay": 3},
    {"cron>": "15 6,18 * * 1-5"}, {"cron>": "*/20 * * * *"}, {"cron>": "30 2 * * *"}, {"cron>": "30 1 * * *"},
    {"cron>": "0 * * * *"}, {"cron>": "0 0 L * *"}, {"cron>": "0 0 29 2 *"}, {"cron>": "0 12 13 * 5"},
    {"cron>": "0 0 1 jan,jul *"}, {"cron>": "5-10/2 1-3 * * sun"}, {"cron>": "50-10 * * * *"}, {"cron>": "0 22-2 * * *"},
    {"cron>": "* * * * *"}, {"cron>": "0 0 1 1 *|30 12 * * 1"}, {"cron>": "45 23 * * fri-mon", "delay": 7200},
    {"cron>": "15 1,2,3 * * *"}, {"cron>": "0 3 * * *", "delay": -600},
    {"daily>": "07:00:00", "start": "2020-03-08"}, {"daily>": "07:00:00", "end": "2020-03-08"},
    {"daily>": "12:00:00", "start": "2019-11-03", "end": "2020-11-01"}, {"hourly>": "10:00", "start": "2020-03-29", "end": "2020-03-29"},
    {"cron>": "0 */6 * * *", "start": "2020-10-25", "delay": 3600}, {"seconds_interval>": 30, "start": "2020-03-08"},
    {"weekly>": "Mon,09:00:00", "start": "2020-10-18"}, {"monthly>": "15,00:00:00", "end": "2020-10-15"},
    {"daily>": "07:00:00", "skip_on_overtime": True, "skip_delayed_by": "10m"},
]

# What is refused, or not: one zone is enough, and one instant.
ODD = [
    {"daily>": "25:00"}, {"daily>": ""}, {"daily>": "a:b:c"}, {"daily>": "07:00:00:"}, {"daily>": None}, {"daily>": 7},
    {"hourly>": "1:2:3"}, {"hourly>": "x"}, {"hourly>": "99:00"}, {"weekly>": "Xxx,09:00:00"}, {"weekly>": "Sun"},
    {"weekly>": "Sunday,09:00:00"}, {"weekly>": "-1,09:00:00"}, {"weekly>": "8,09:00:00"}, {"weekly>": "Sun,9"},
    {"monthly>": "32,09:00:00"}, {"monthly>": "0,09:00:00"}, {"monthly>": "L,09:00:00"}, {"monthly>": "1"},
    {"monthly>": " 1,09:00:00"}, {"minutes_interval>": 0}, {"minutes_interval>": -5}, {"minutes_interval>": "x"},
    {"minutes_interval>": 90}, {"minutes_interval>": 2.7}, {"seconds_interval>": "x"}, {"cron>": "* * *"},
    {"cron>": "61 * * * *"}, {"cron>": "* 24 * * *"}, {"cron>": "* * 0 * *"}, {"cron>": "* * * 13 *"}, {"cron>": "* * * * 8"},
    {"cron>": "*/0 * * * *"}, {"cron>": "a * * * *"}, {"cron>": ""}, {"cron>": "1,,2 * * * *"}, {"cron>": "1- * * * *"},
    {"cron>": "* * * * * *"}, {"cron>": "  0  5  *  *  *  "}, {"cron>": "0 0 l * *"}, {"cron>": "5/10 * * * *"},
    {"cron>": "0 0 * * Sunday"}, {"cron>": "0 0 * JAN *"}, {"cron>": "0-59/61 * * * *"}, {"cron>": "1/2/3 * * * *"},
    {"dayly>": "07:00:00"}, {"start": "2020-01-01"}, {}, {"daily>": "07:00:00", "delay": 60},
    {"daily>": "07:00:00", "strat": "2020-01-01"}, {"daily>": "07:00:00", "foo": 1, "skip_on_overtme": True},
    {"daily>": "07:00:00", "start": "soon"}, {"daily>": "07:00:00", "start": "2020-02-30"},
    {"daily>": "07:00:00", "end": "2020-1-1"}, {"daily>": "07:00:00", "start": "2020-02-01", "end": "2020-01-01"},
    {"daily>": "07:00:00", "start": "2020-02-01", "end": "2020-01-31"}, {"daily>": "07:00:00", "start": "2020-02-01", "end": "2020-02-01"},
    {"seconds_interval>": 30, "start": "soon"}, {"seconds_interval>": 30, "start": "2020-02-01", "end": "2020-01-01"},
    {"hourly>": "00:00", "delay": "x"}, {"cron>": "0 0 * * *", "delay": "x"}, {"cron>": "0 0 * * *", "delay": "60"},
    {"daily>": "07:00:00", "hourly>": "00:00"}, {"at": "07:00:00", "daily>": None}, {"daily>": "07:00:00", "at": "08:00:00"},
    {"_type": "daily", "_command": "07:00:00"}, {"daily>": "07:00:00", "timezone": "Asia/Tokyo"},
    {"_type": "monthly", "at": "3,10:00:00"}, {"_type": "cron", "at": "0 0 * * *"}, {"daily>": "+7:00:00"},
]


def switches(zone):
    """Instants at which the clock of a zone changes, from 2019 to 2022."""
    if zone[0] in "+-":
        return [1583650800]
    place, at, found = zoneinfo.ZoneInfo(zone), 1546300800, []
    before = None
    while at < 1640995200:
        offset = datetime.datetime.fromtimestamp(at, place).utcoffset()
        if before is not None and offset != before:
            found.append(at)
        before, at = offset, at + 1800
    return found or [1583650800]


def main():
    random.seed(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    for zone in ZONES:
        edges = switches(zone)
        for config in CONFIGS:
            print("C", zone, json.dumps(config, separators=(",", ":")))
            for _ in range(4):
                print(random.choice(edges) + random.randrange(-30, 30) * random.choice([60, 1800, 3600, 7, 900]))
            print(random.randrange(1546300800, 1640995200))
            print(random.randrange(438, 455) * 3600000 + random.choice([0, 0, 1, 1800]))
    for config in ODD:
        print("C UTC", json.dumps(config, separators=(",", ":")))
        print(1583020800)
    for config in ODD:
        print("S UTC", json.dumps(config, separators=(",", ":")))


main()
