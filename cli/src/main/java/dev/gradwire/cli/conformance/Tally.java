package dev.gradwire.cli.conformance;

/** Counts by status. */
final class Tally {
    private int passed;
    private int failed;
    private int unsupported;

    void add(Verdict.Status status) {
        switch (status) {
            case PASSED -> passed++;
            case FAILED -> failed++;
            case UNSUPPORTED -> unsupported++;
        }
    }

    int passed() {
        return passed;
    }

    int failed() {
        return failed;
    }

    int unsupported() {
        return unsupported;
    }

    int all() {
        return passed + failed + unsupported;
    }
}
