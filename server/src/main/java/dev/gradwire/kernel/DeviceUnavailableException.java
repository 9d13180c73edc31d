package dev.gradwire.kernel;

/** A device, or the library behind it, is not there or cannot be used on this machine. */
public final class DeviceUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public DeviceUnavailableException(String message) {
        super(message);
    }

    public DeviceUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
