// What the billing model says at another memory size; the figures come with the data.

class Money {
  constructor(data) {
    this.constants = data.money;
    this.headline = data.headline;
    this.memoryMb = data.function.memory_mb;
  }

  // After init a function has its share of one vCPU: deferred work takes so many times longer.
  get throttle() {
    return Math.max(1, this.constants.mb_per_vcpu / this.memoryMb);
  }

  dollars(ms) {
    return (this.memoryMb / 1024) * (ms / 1000) * this.constants.gb_second_dollars * 1e6;
  }

  // Init runs unthrottled at every size; past the limit Lambda runs it again, throttled.
  billed() {
    const limit = this.constants.init_limit_ms;
    const { low, value, high, confidence } = this.headline.init_ms;
    const up = (ms) => Math.ceil(Number((ms <= limit ? ms : ms * this.throttle).toFixed(6)));
    const lost = high > limit ? limit : 0;
    return { low: up(low), value: up(value), high: up(high) + lost, confidence };
  }

  // What the first request that needs deferred work waits, and how many may before it is a loss.
  deferral({ saved_ms: saved, computed_ms: computed }) {
    const waits = computed * this.throttle + (saved - computed);
    return { saved, waits, breakEven: waits > 0 ? saved / waits : 1, dollars: this.dollars(saved) };
  }
}
