package dev.gradwire.cli.demo;

import java.io.PrintStream;
import java.util.Locale;

/** Shows how far training is: as one bar that moves where there is a terminal, else as a few lines. */
final class Progress {
    private static final int WIDTH = 20;
    private static final int LINES = 6;

    private final PrintStream out;
    private final boolean terminal;

    Progress(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    /** @param accuracy from 0 to 1 */
    void show(int epoch, int epochs, double loss, double accuracy) {
        String figures = String.format(Locale.ROOT, "loss %.4f   held-out accuracy %5.1f%%", loss, 100 * accuracy);
        if (terminal) {
            int done = WIDTH * epoch / epochs;
            String bar = "█".repeat(done) + "░".repeat(WIDTH - done);
            out.printf("\r\u001b[K  epoch %d/%d  %s  %s", epoch, epochs, bar, figures);
            out.flush();
        } else if (epoch == 1 || epoch == epochs || epoch % Math.max(1, epochs / LINES) == 0) {
            out.printf("  epoch %2d/%d  %s%n", epoch, epochs, figures);
        }
    }

    /** The bar stays, what follows stands below. */
    void end() {
        if (terminal) {
            out.println();
        }
    }
}
