"""Replays measured workloads against decision engines and scores what they chose and what they spent."""
