package dev.gradwire.kernel.torch;

/** Makes the library's messages fit for clients. */
final class Errors {
    private static final int MAX_LENGTH = 300;

    private Errors() {}

    /** The first lines of a message, without backtrace and without the paths of C++ sources. */
    static String tidy(String message) {
        String text = message;
        for (String mark :
                new String[] {"\nException raised from", "Exception raised from", "\nC++ CapturedTraceback"}) {
            int at = text.indexOf(mark);
            if (at >= 0) {
                text = text.substring(0, at);
            }
        }
        text = text.replaceAll("[\"']?(/[\\w.+-]+)+\\.(cpp|h|cu|cc|hpp|cuh)[\"']?(:\\d+)?[,:]?", "")
                .replaceAll("\\s+", " ")
                .strip();
        return text.length() <= MAX_LENGTH ? text : text.substring(0, MAX_LENGTH) + "…";
    }
}
