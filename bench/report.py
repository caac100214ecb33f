import statistics
def write(samples, say):
    first = {}
    for (operation, peer), s in samples.items():
        p50 = [x.p50 for x in s]
        m = statistics.median(p50)
        first.setdefault(operation, m)
        say(f"{operation:45} {peer:30} {m:9.3f} ms  {min(p50):.3f}-{max(p50):.3f}  p99 {statistics.median(x.p99 for x in s):.3f}  x{m/first[operation]:.2f}")
