"""What the model may know about a flight before it departs.

Every feature comes from the schedule, the registry of planes, or weather observed before the
scheduled departure. The columns that tell how the flight went (``dep_time``, ``dep_delay``,
``arr_time``, ``arr_delay``, ``air_time``) are read by ``label`` alone.
"""

import numpy as np
import pandas as pd

LATE_MINUTES = 15
"""A flight is late from this many minutes behind schedule on, as the US DOT counts."""

MINUTES_PER_DAY = 24 * 60
WEATHER = (
    "temp",
    "dewp",
    "humid",
    "wind_speed",
    "wind_gust",
    "precip",
    "pressure",
    "visib",
    "wind_east",
    "wind_north",
)
TRENDS = ("temp", "wind_speed", "pressure", "visib")
IMPOSSIBLE_WIND_MPH = 200.0


def label(flights: pd.DataFrame) -> "pd.Series[float]":
    """Tell whether each flight arrived late: 1.0 or 0.0; NaN for a cancelled or diverted one."""
    delay = flights["arr_delay"]
    return (delay >= LATE_MINUTES).astype(float).where(delay.notna())


def flight_days(flights: pd.DataFrame) -> "pd.Series[str]":
    """Give each flight's scheduled day of departure, local time, as ``YYYY-MM-DD``."""
    return pd.to_datetime(flights[["year", "month", "day"]]).dt.strftime("%Y-%m-%d")


def engineer(flights: pd.DataFrame, weather: pd.DataFrame, planes: pd.DataFrame) -> pd.DataFrame:
    """Turn raw tables into features.

    Args:
        flights: Raw flights, whole days with their cancelled flights (which count as traffic).
        weather: Raw weather of the same days; what is not there is NaN in the result.
        planes: The registry; planes not in it are NaN in the result.

    Returns:
        One row per flight, in the order and with the index of ``flights``: float and str columns,
        those that ``flights_spec.json`` names.
    """
    schedule = _schedule(flights)
    parts = [
        schedule,
        _keys(flights, schedule),
        _traffic(flights, schedule),
        _rotation(flights, schedule),
        _plane(flights, planes),
        _weather(flights, weather),
    ]
    features = pd.concat(parts, axis=1)
    features["distance_per_seat"] = features["distance"] / features["seats"].clip(lower=1)
    return features


def clock_minutes(hhmm: "pd.Series[int]") -> "pd.Series[int]":
    """Turn HHMM times (``517`` is 05:17, ``2400`` midnight) into minutes since midnight."""
    return (hhmm // 100 * 60 + hhmm % 100) % MINUTES_PER_DAY


def scheduled_duration(flights: pd.DataFrame) -> "pd.Series[float]":
    """Estimate the scheduled minutes from gate to gate.

    Both ends are local times without a date or a zone, so their difference, taken forward past
    midnight, is off by whole hours: by the number that brings it nearest to what the distance
    takes (45 minutes, and a mile in 1/7.9 minute, which holds for airliners of any year).
    """
    clock = clock_minutes(flights["sched_arr_time"]) - clock_minutes(flights["sched_dep_time"])
    clock = clock % MINUTES_PER_DAY
    expected = 45 + flights["distance"] / 7.9
    hours_off = ((expected - clock) / 60).round()
    return (clock + 60 * hours_off).astype(float)


def _schedule(flights: pd.DataFrame) -> pd.DataFrame:
    departure = clock_minutes(flights["sched_dep_time"])
    arrival = clock_minutes(flights["sched_arr_time"])
    duration = scheduled_duration(flights)
    days = pd.to_datetime(flights[["year", "month", "day"]])
    angle = 2 * np.pi * departure / MINUTES_PER_DAY
    return pd.DataFrame(
        {
            "departure_minute": departure.astype(float),
            "arrival_minute": arrival.astype(float),
            "minute_of_hour": (departure % 60).astype(float),
            "hour_sin": np.sin(angle),
            "hour_cos": np.cos(angle),
            "day_of_week": days.dt.dayofweek.astype(float),
            "scheduled_duration": duration,
            "clock_difference": ((arrival - departure) % MINUTES_PER_DAY).astype(float),
            "distance": flights["distance"].astype(float),
            "scheduled_speed": flights["distance"] / duration.clip(lower=15),
            "slack": duration - (45 + flights["distance"] / 7.9),
        }
    )


def _keys(flights: pd.DataFrame, schedule: pd.DataFrame) -> pd.DataFrame:
    """Name the groups a flight belongs to; two-hour steps stand for the time of day."""
    carrier, origin, dest = flights["carrier"], flights["origin"], flights["dest"]
    route = origin + "-" + dest
    step = (schedule["departure_minute"] // 120).astype(int).astype(str)
    return pd.DataFrame(
        {
            "carrier": carrier,
            "origin": origin,
            "dest": dest,
            "route": route,
            "carrier_origin": carrier + " " + origin,
            "carrier_route": carrier + " " + route,
            "carrier_origin_time": carrier + " " + origin + " " + step,
            "dest_time": dest + " " + step,
            "flight": carrier + flights["flight"].astype(str),
            "tailnum": flights["tailnum"].fillna("unknown"),
        }
    )


def _traffic(flights: pd.DataFrame, schedule: pd.DataFrame) -> pd.DataFrame:
    """Count the scheduled flights, cancelled ones too, that share a flight's hour or day."""
    days, departure = flight_days(flights), schedule["departure_minute"]
    hour, origin, carrier = departure // 60, flights["origin"], flights["carrier"]

    def count(*keys: "pd.Series[str] | pd.Series[float]") -> "pd.Series[float]":
        return departure.groupby([days, *keys], sort=False).transform("size").astype(float)

    rank = departure.groupby([days, origin], sort=False).rank(pct=True)
    return pd.DataFrame(
        {
            "flights_hour": count(hour),
            "flights_hour_origin": count(hour, origin),
            "flights_hour_carrier": count(hour, origin, carrier),
            "flights_day_origin": count(origin),
            "flights_day_carrier": count(carrier),
            "flights_day_route": count(origin, flights["dest"]),
            "departures_before": rank,
        }
    )


def _rotation(flights: pd.DataFrame, schedule: pd.DataFrame) -> pd.DataFrame:
    """Place a flight among its plane's scheduled departures that day; NaN for an unnamed plane."""
    plane = flights["tailnum"]
    order = pd.DataFrame(
        {"day": flight_days(flights), "plane": plane, "minute": schedule["departure_minute"]}
    ).sort_values("minute", kind="stable")
    turns = order.groupby(["day", "plane"], sort=False)["minute"]
    return pd.DataFrame(
        {
            "plane_turn": turns.cumcount().astype(float).where(order["plane"].notna()),
            "plane_turns": turns.transform("size").astype(float),
            "since_last_turn": turns.diff(),
        }
    ).reindex(flights.index)


def _plane(flights: pd.DataFrame, planes: pd.DataFrame) -> pd.DataFrame:
    known = planes.drop_duplicates("tailnum").set_index("tailnum")
    plane = known[["year", "seats", "engines"]].reindex(flights["tailnum"]).set_axis(flights.index)
    return pd.DataFrame(
        {
            "plane_known": flights["tailnum"].isin(known.index).astype(float),
            "plane_age": flights["year"] - plane["year"],
            "seats": plane["seats"],
            "engines": plane["engines"],
        }
    )


def _weather(flights: pd.DataFrame, weather: pd.DataFrame) -> pd.DataFrame:
    """Join the weather at the origin, and its last hours at all airports.

    The row of an hour holds what was observed up to minute 51 of that hour, so the last one known
    before a departure at any minute is the row of the hour before. Trends look three hours further
    back.
    """
    observed = _observations(weather)
    known_hour = flights["time_hour"] - pd.Timedelta(hours=1)

    def at(hours_before: int) -> pd.DataFrame:
        hours = known_hour - pd.Timedelta(hours=hours_before)
        wanted = pd.MultiIndex.from_arrays([flights["origin"], hours])
        return observed.reindex(wanted).set_axis(flights.index)

    now, before = at(0), at(3)
    trends = (now[list(TRENDS)] - before[list(TRENDS)]).add_prefix("trend_")
    recent = _recent_weather(observed).reindex(known_hour).set_axis(flights.index)
    known = now["observed"].fillna(0.0).rename("weather_known")
    return pd.concat([known, now[list(WEATHER)], trends, recent], axis=1)


def _observations(weather: pd.DataFrame) -> pd.DataFrame:
    """Index the weather by origin and hour, with calm gusts filled in and wind as a vector."""
    speed = weather["wind_speed"].where(weather["wind_speed"] < IMPOSSIBLE_WIND_MPH)
    angle = np.deg2rad(weather["wind_dir"])
    return (
        weather.assign(
            observed=1.0,
            wind_speed=speed,
            wind_gust=weather["wind_gust"].fillna(speed),
            wind_east=speed * np.sin(angle),
            wind_north=speed * np.cos(angle),
        )
        .drop_duplicates(["origin", "time_hour"])
        .set_index(["origin", "time_hour"])
        .sort_index()[["observed", *WEATHER]]
    )


def _recent_weather(observed: pd.DataFrame) -> pd.DataFrame:
    """Give the worst weather at any airport in the three and six hours up to each hour."""
    worst = observed.groupby(level="time_hour").agg(
        {"precip": "max", "visib": "min", "wind_gust": "max"}
    )
    if not worst.empty:
        worst = worst.asfreq("h")

    def last(hours: int) -> pd.DataFrame:
        rolling = worst.rolling(hours, min_periods=1)
        return pd.DataFrame(
            {
                f"precip_{hours}h": rolling["precip"].sum(),
                f"visib_{hours}h": rolling["visib"].min(),
                f"wind_gust_{hours}h": rolling["wind_gust"].max(),
            }
        )

    return pd.concat([last(3), last(6)], axis=1)
