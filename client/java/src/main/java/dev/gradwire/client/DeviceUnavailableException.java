package dev.gradwire.client;

/** The server does not have the device that was asked for. */
public final class DeviceUnavailableException extends GradwireException {
    private static final long serialVersionUID = 1L;

    DeviceUnavailableException(Failure failure) {
        super(failure);
    }
}
