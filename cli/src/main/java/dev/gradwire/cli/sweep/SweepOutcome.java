package dev.gradwire.cli.sweep;

/** How a case ended. */
record SweepOutcome(Kind kind, String detail) {
    /** Begins the line that stands before a case. */
    static final String BEGIN = "BEGIN";

    enum Kind {
        RESULT,
        /** By the type rules, naming the node. */
        REFUSED,
        /** By a kernel, for its values, naming the node. */
        FAILED,
        /** Beyond what is run here. */
        LARGE,
        /** Refused without a node's name. */
        UNNAMED,
        /** Neither a result nor an error with a type. */
        BROKEN,
        /** The process ended. */
        ABORTED
    }

    boolean isFinding() {
        return kind.compareTo(Kind.UNNAMED) >= 0;
    }

    String line() {
        return kind + " " + detail.replace('\n', ' ');
    }

    static SweepOutcome parse(String line) {
        int blank = line.indexOf(' ');
        return new SweepOutcome(Kind.valueOf(line.substring(0, blank)), line.substring(blank + 1));
    }
}
