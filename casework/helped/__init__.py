"""Did it help? Attendance before and after support began, against children matched by a written rule."""
